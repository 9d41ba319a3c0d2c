"""Images of a sequence whose noise differs: gains that presets change, cameras of other channels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import hil
from drivers.micromanager.core import adapter_folders
from drivers.types import Value
from hil.calibration.rig_noise import RigNoise
from hil.errors import HilError
from hil.replay.comparison import compare
from hil.replay.from_frames import Changes, replay_frames
from hil.rig.recorded import NoiseWhen
from hil.session.sequence.plane_noise import PlaneNoise

EXAMPLE = Path(__file__).parents[4] / "examples" / "sequence"
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
    one_for_all = "camera:gain_e_per_adu=0.5,offset_adu=99,read_noise_e=1.6,bit_depth=16"
    wrong = replay_frames(ran.session_id, url, changes=Changes(noise=one_for_all))
    assert "noise_mismatch" in details_of(url, wrong.session_id)[1]


def test_a_channel_that_no_preset_has_is_refused(tmp_path: Path) -> None:
    path, url = session(tmp_path, '[[noise_at]]\nchannels = ["Brihgt"]\nread_noise_e = 2\n')
    with pytest.raises(HilError, match=r"noise_at.0.channels: 'Brihgt', did you mean 'Bright'\?"):
        hil.run_session(path, url, trials=1)
