"""Sequences that the camera's trigger steps through, on Micro-Manager's demo devices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

import hil
from drivers.errors import CaptureCancelled
from drivers.frame import Frame
from drivers.micromanager import camera
from drivers.micromanager.core import Core
from drivers.micromanager.triggered import Stepped
from drivers.sequence import Triggered
from hil.errors import InputError
from hil.session.baseline import Baseline
from tests.hil.session.sequence.test_planes import Bench

CHANNELS = [
    {"group": "Channel", "config": "DAPI", "exposure": 5},
    {"group": "Channel", "config": "DAPI", "exposure": 20},
    {"group": "Channel", "config": "DAPI", "exposure": 40},
]
ABLE = '"Camera.UseExposureSequences" = "Yes"\n"Z.UseSequences" = "Yes"\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.change("rig.toml", '"Camera.Mode"', f'{ABLE}"Camera.Mode"')
    bench.change("session.toml", "repeats = 2", "repeats = 1\ntriggered = true")
    bench.change("session.toml", "columns = 2, rows = 2", "columns = 1, rows = 1")
    bench.write(channels=CHANNELS[:1], z_plan={"absolute": [0, 1]})
    return bench


def test_exposures_and_planes_are_stepped_by_the_trigger(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped: list[list[str]] = []
    real = camera.stepping

    def stepping(core: Core, devices: Sequence[Stepped]) -> AbstractContextManager[None]:
        stepped.append([one.device for one in devices])
        return real(core, devices)

    monkeypatch.setattr(camera, "stepping", stepping)
    bench.write(channels=CHANNELS, z_plan={"absolute": [0, 1]}, axis_order="cz")
    hil.run_session(bench.session, bench.url, trials=1)
    with hil.open_database(bench.url) as database:
        frames = database.frames("last", 0)
        layout = database.session("last").extra["layout"]
        trials = database.trials("last")
    assert layout["triggered"] is True
    assert list(trials["state"]) == ["COMPLETE"]
    # The demo's camera exposes as it is told by the sequence, and its light is in its frames.
    light = frames.mean(axis=(0, 1, 3, 4)) - 99.5
    assert light / light[0] == pytest.approx([1, 1, 4, 4, 8, 8], rel=0.05)
    # One series a frame, the second for the guards: no image was moved to by itself.
    assert stepped == [["Camera", "Z"]] * len(stepped)
    assert stepped
    assert Baseline.from_json(layout).triggered


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("rig.toml", ABLE, "", r"Z\.position_um: the device does not say that it can be triggered"),
        ("rig.toml", "high = 20\n", "high = 20\nmax_step = 0.5\n", "beyond its max_step of 0.5"),
        ("rig.toml", "high = 20\n", "high = 20\nsettle_ms = 5\n", "has to be waited for"),
        ("rig.toml", "high = 20\n", "high = 0.5\n", "Z.position_um = 1.0"),
        ("session.toml", 'sequence = "channels.json"\n', "", "triggered: only with sequence"),
    ],
)
def test_what_may_not_or_cannot_be_triggered_is_refused(
    file: str, old: str, new: str, said: str, bench: Bench
) -> None:
    bench.change(file, old, new)
    with pytest.raises(InputError, match=said) as refused:
        hil.run_session(bench.session, bench.url)
    assert "\n" not in str(refused.value)
    assert not (bench.folder / "hil.db").exists()


def test_an_interval_is_not_triggered(bench: Bench) -> None:
    bench.write(channels=CHANNELS[:1], time_plan={"interval": 1, "loops": 2})
    with pytest.raises(InputError, match="not with an interval"):
        hil.run_session(bench.session, bench.url)


def test_a_series_ended_or_not_leaves_the_camera_as_it_was(bench: Bench) -> None:
    states = [{"Camera.exposure_ms": time_ms} for time_ms in (10.0, 40.0, 10.0)]

    def light(frames: Iterator[Frame]) -> list[float]:
        return [float(frame.pixels.mean()) - 99.5 for frame in frames]

    with hil.load_rig(bench.folder / "rig.toml") as rig:
        rig.setup()
        assert isinstance(rig.camera, Triggered)
        taken = light(rig.camera.capture_states(states, 5))
        assert taken == pytest.approx([1000, 4000, 1000], rel=0.05)
        frames = rig.camera.capture_states(states, 5)
        next(frames)
        rig.camera.cancel()
        with pytest.raises(CaptureCancelled):
            list(frames)
        assert light(rig.camera.capture(2, 5)) == pytest.approx([500, 500], rel=0.05)
        assert rig.read("Camera.exposure_ms") == {"Camera.exposure_ms": 5.0}
