"""Images of a sequence whose noise differs: gains that presets change, cameras of other channels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import hil
from drivers.micromanager.core import adapter_folders
from drivers.types import Value
from hil.calibration.rig_noise import RigNoise
from hil.calibration.validity import Tie
from hil.errors import HilError
from hil.replay.comparison import compare
from hil.replay.from_frames import Changes, replay_frames
from hil.rig.recorded import NoiseWhen
from hil.session.sequence.plane_noise import PlaneNoise
from hil.store import NewCalibration

EXAMPLE = Path(__file__).parents[4] / "examples" / "sequence"
NAME = "Micro-Manager demo, sequences"
# One electron is 0.5 or 2 codes: twice the gain is four times the variance in ADU for the same mean.
GROUPS = (
    "\nConfigGroup,Colour,Plain,Camera,Photon Conversion Factor,0.5"
    "\nConfigGroup,Colour,Bright,Camera,Photon Conversion Factor,2.0\n"
)
# By what the preset sets, and by its name.
NOISE = """
[[noise_at]]
when = { "Camera.Photon Conversion Factor" = 2.0 }
gain_e_per_adu = 2.0

[[noise_at]]
channels = ["Bright"]
read_noise_e = 1.7
"""


class Models(RigNoise):
    """What is asked for, by its entries."""

    def under(self, entries: tuple[int, ...]) -> Any:
        return object()


def test_images_of_one_noise_have_one_model_and_others_one_each() -> None:
    images: list[tuple[str, Mapping[str, Value]]] = [
        ("DAPI, z 0 um", {"camera.gain": 1}),
        ("DAPI, z 2 um", {"camera.gain": 1}),
        ("FITC, z 0 um", {"camera.gain": 2}),
    ]
    when = [NoiseWhen({"camera.gain": 2}), NoiseWhen({"camera.binning": 2}, ("DAPI",))]
    told = PlaneNoise(Models(model=None), when, images)  # type: ignore[arg-type]
    assert len(told.at({"camera.gain": 7})) == 3, "what a plane sets goes before what was read"
    assert told.at({}) is told.at({"camera.gain": 7}), "estimates keep tables with it"
    assert told.at({"camera.binning": 2}) is not told.at({})
    one = PlaneNoise(Models(model=None), when, images[:2])  # type: ignore[arg-type]
    assert not isinstance(one.at({}), tuple)
    assert not isinstance(PlaneNoise(Models(model=None), when).at({}), tuple)  # type: ignore[arg-type]


def session(folder: Path, noise: str) -> tuple[Path, str]:
    found = (Path(one) / "MMConfig_demo.cfg" for one in adapter_folders(None, demo=True))
    config = next(one for one in found if one.is_file()).read_text("utf-8") + GROUPS
    (folder / "demo.cfg").write_text(config, "utf-8")
    rig = (EXAMPLE / "rig.toml").read_text("utf-8")
    rig = rig.replace('kind = "micromanager"\n', 'kind = "micromanager"\nconfig = "demo.cfg"\n', 1)
    rig = rig.replace("\n[setup]", f"\n{noise}\n[setup]")
    (folder / "rig.toml").write_text(rig, "utf-8")
    text = (EXAMPLE / "session.toml").read_text("utf-8")
    text = text.replace("columns = 2, rows = 2", "columns = 2, rows = 1")
    text += '\n[[metric]]\nkind = "snr"\n'
    (folder / "session.toml").write_text(text, "utf-8")
    colours = [{"group": "Colour", "config": name} for name in ("Plain", "Bright")]
    (folder / "channels.json").write_text(json.dumps({"channels": colours}), "utf-8")
    return folder / "session.toml", f"sqlite:///{(folder / 'hil.db').as_posix()}"


def details_of(url: str, ref: str = "last") -> Any:
    with hil.open_database(url) as database:
        estimates = database.estimates(ref)
        return estimates["details"][0], set(estimates["flags"][0])


def test_a_gain_that_a_preset_changes_is_the_noise_of_its_image_and_replayed(
    tmp_path: Path,
) -> None:
    path, url = session(tmp_path, NOISE)
    ran = hil.run_session(path, url, trials=1)
    details, flags = details_of(url)
    assert "noise_mismatch" not in flags
    assert details["noise_variance_ratio"] == pytest.approx(1.0, abs=0.05)
    # 50 electrons in a pixel and ms, 5 ms, two images of 64 x 64, whatever the gain.
    assert details["electrons_per_frame"] == pytest.approx(2 * 64**2 * 250, rel=0.01)
    again = replay_frames(ran.session_id, url, changes=Changes())
    with hil.open_database(url) as database:
        (pair,) = compare(database, ran.session_id, again.session_id).pairs
    assert pair.moved_bits <= 1e-9
    replayed, _ = details_of(url, again.session_id)
    for key in ("electrons_per_frame", "metrics"):
        assert replayed[key] == pytest.approx(details[key], abs=1e-9)
    for one, other in zip(details["planes"], replayed["planes"], strict=True):
        assert other["bits_per_pixel"] == pytest.approx(one["bits_per_pixel"], abs=1e-9)


def calibrated(folder: Path, factor: float, key: str) -> None:
    """Store a calibration of the demo's camera at a conversion factor."""
    rig = hil.load_rig(folder / "rig.toml")
    identity = dict(rig.camera.identity())  # type: ignore[attr-defined]
    rig.close()
    tie = Tie(NAME, identity, {"Camera.Photon Conversion Factor": factor}, {}, 1.0)
    noise = {
        "kind": "camera", "gain_e_per_adu": factor, "offset_adu": 99.0, "read_noise_e": 1.6,
        "bit_depth": 16, "noise_variance_relative_sd": 0.01,
    }  # fmt: skip
    detail = {"tie": tie.to_json(), "fit": {}}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    row = NewCalibration(NAME, f'name = "{NAME}"\n', "Camera", noise, detail, "", at, key * 16)
    url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
    with hil.open_database(url, create=True) as database:
        database.add_calibration(row)


def test_a_channel_may_have_a_calibration_of_its_own_that_it_is_held_to(tmp_path: Path) -> None:
    noise = '[[noise_at]]\nchannels = ["Bright"]\ncalibration = "b2b2"\n'
    path, url = session(tmp_path, "")
    calibrated(tmp_path, 2.0, "b2")
    calibrated(tmp_path, 0.5, "a1")
    path, url = session(tmp_path, noise)
    hil.run_session(path, url, trials=1)
    details, flags = details_of(url)
    assert "noise_mismatch" not in flags
    assert details["noise_variance_ratio"] == pytest.approx(1.0, abs=0.05)
    assert details["electrons_per_frame"] == pytest.approx(2 * 64**2 * 250, rel=0.01)
    words = (
        r"Bright is taken at Camera.Photon Conversion Factor = 2.0, and calibration a1a1a1a1 holds"
    )
    session(tmp_path, noise.replace("b2b2", "a1a1"))
    with pytest.raises(HilError, match=words):
        hil.run_session(path, url, trials=1)
    session(tmp_path, noise.replace("b2b2", "c3c3"))
    with pytest.raises(
        HilError, match=r"noise_at.0.calibration: 'c3c3': .*`hil calibrate rig.toml`"
    ):
        hil.run_session(path, url, trials=1)


def test_a_channel_that_no_preset_has_is_refused(tmp_path: Path) -> None:
    path, url = session(tmp_path, '[[noise_at]]\nchannels = ["Brihgt"]\nread_noise_e = 2\n')
    with pytest.raises(HilError, match=r"noise_at.0.channels: 'Brihgt', did you mean 'Bright'\?"):
        hil.run_session(path, url, trials=1)
