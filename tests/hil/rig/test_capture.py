"""Capture of fields and blanks: what it moves, it moves back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import hil
from drivers.frame import Frame
from drivers.protocol import Camera
from drivers.sequence import Plane
from hil.clock import SystemClock
from hil.errors import InterlockOpen, RigError
from hil.rig.capture import Capture
from hil.rig.guards.guard import FramesRefused
from hil.rig.light import DoseMeter, SampleLight
from tests.hil.small_session import RIG


def test_blank_frames_leave_everything_as_it_was_also_after_a_fault(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        blanks = [{"light.power_mw": 0.0, "stage.x_um": 5.0}]
        capture = Capture(rig.safety, rig.camera, [{}], 1, 10, SystemClock(), blanks=blanks)
        capture.apply({"focus.z_um": 1.0})
        dark = rig.run(lambda: capture.field(1))
        assert rig.read("light.power_mw", "stage.x_um") == {
            "light.power_mw": 0.0,
            "stage.x_um": 5.0,
        }
        # The next trial begins without leave_blanks, as it does when the camera has failed.
        rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        assert rig.read("light.power_mw", "stage.x_um", "focus.z_um") == {
            "light.power_mw": 1.0,
            "stage.x_um": 0.0,
            "focus.z_um": 2.0,
        }
        assert rig.run(lambda: capture.field(0)).frames.mean() > dark.frames.mean() + 5


INTERLOCKED = RIG + '\n[[interlock]]\nsetting = "stage.x_um"\nhigh = 3\n'


def test_an_interlock_that_opens_during_an_exposure_makes_dark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rig.toml").write_text(INTERLOCKED, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        capture = Capture(rig.safety, rig.camera, [{}], 2, 10, SystemClock(), rig.spec.setup)
        rig.run(lambda: capture.apply({"focus.z_um": 1.0}))
        assert rig.run(lambda: capture.field(0)).frames.mean() > 100
        real = rig.camera.capture

        def opens(n: int, timeout_s: float) -> Iterator[Frame]:
            frames = list(real(n, timeout_s))
            rig.devices["stage"].start({"stage.x_um": 5.0})
            rig.devices["stage"].settle(10)
            return iter(frames)

        monkeypatch.setattr(rig.camera, "capture", opens)
        with pytest.raises(InterlockOpen, match=r"stage\.x_um = 5"):
            rig.run(lambda: capture.field(0))
        assert rig.read("light.power_mw") == {"light.power_mw": 0.0}
        monkeypatch.setattr(rig.camera, "capture", real)
        with pytest.raises(InterlockOpen):
            rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        rig.devices["stage"].start({"stage.x_um": 0.0})
        rig.devices["stage"].settle(10)
        rig.run(lambda: capture.apply({"focus.z_um": 2.0}))
        assert rig.read("light.power_mw") == {"light.power_mw": 1.0}, "it sets up again"


class Rounding:
    """A camera that takes longer exposures than it was asked for, where it bins."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self.label = camera.label
        self.times = 1.0

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        for frame in self._camera.capture(n, timeout_s):
            meta = replace(frame.meta, exposure_ms=frame.meta.exposure_ms * self.times)
            yield replace(frame, meta=meta)


@pytest.mark.parametrize("commanded", [True, False])
def test_an_exposure_that_nobody_commanded_may_follow_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commanded: bool
) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        camera = Rounding(rig.camera)
        capture = Capture(rig.safety, camera, [{}], 1, 10, SystemClock())  # type: ignore[arg-type]
        asked = {"camera.exposure_ms": 10.0} if commanded else {}
        rig.run(lambda: capture.apply({"camera.binning": 1, **asked}))
        assert rig.run(lambda: capture.field(0)).exposure_ms == 10
        rig.run(lambda: capture.apply({"camera.binning": 2, **asked}))
        camera.times = 2.0
        if not commanded:
            read = rig.safety.read
            monkeypatch.setattr(
                rig.safety, "read", lambda names: {n: 2 * float(v) for n, v in read(names).items()}
            )
            assert rig.run(lambda: capture.field(0)).exposure_ms == 20
            return
        with pytest.raises(
            FramesRefused, match=r"exposure: camera, field 0: .* 20 ms, set to 10 ms"
        ):
            rig.run(lambda: capture.field(0))


def test_light_is_metered_though_frames_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        camera = Rounding(rig.camera)
        path = SampleLight("light.power_mw")
        meter = DoseMeter(path, {"light.power_mw": 1.0}, rig.device_s)
        capture = Capture(
            rig.safety,
            camera,
            [{}],
            3,
            10,
            SystemClock(),
            meter=meter,  # type: ignore[arg-type]
        )
        rig.run(lambda: capture.apply({"camera.exposure_ms": 10.0}))
        for times in (-0.1, float("nan")):
            camera.times = times
            with pytest.raises(FramesRefused):
                rig.run(lambda: capture.field(0))
            assert capture.dose_mj() == pytest.approx(0.03)


def test_between_images_with_an_interval_the_sample_is_dark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        clock = Still()
        at = {
            "light.power_mw": 1.0,
            "stage.x_um": 5.0,
            "focus.z_um": 1.0,
            "mirror.z4_nm": 20.0,
        }
        planes = [Plane(f"time {i}", {"focus.z_um": 1.0}, 30.0 * i) for i in range(3)]
        capture = Capture(
            rig.safety,
            rig.camera,
            [{"stage.x_um": 5.0}],
            1,
            10,
            clock,
            rig.spec.setup,
            planes=planes,
        )
        began_s: list[float] = []
        waited: list[tuple[float, object]] = []
        real = rig.camera.capture

        def exposed(n: int, timeout_s: float) -> Iterator[Frame]:
            began_s.append(clock.now_s)
            assert rig.safety.read(list(at)) == at
            return real(n, timeout_s)

        def waits(wait_s: float) -> bool:
            light = rig.safety.read(["light.power_mw"])["light.power_mw"]
            waited.append((round(wait_s, 6), light))
            clock.now_s += wait_s
            return True

        monkeypatch.setattr(rig.camera, "capture", exposed)
        monkeypatch.setattr(rig.safety, "rested", waits)
        rig.run(lambda: capture.apply({"mirror.z4_nm": 20.0}))
        taken = rig.run(lambda: capture.field(0))
        assert taken.frames.shape[:2] == (1, 3)
        assert began_s[:3] == pytest.approx([100.0, 130.0, 160.0])
        assert waited[:2] == [(30.0, 0.0), (30.0, 0.0)]


class Still(SystemClock):
    """Stands still but for what is added."""

    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


def test_a_stop_ends_the_wait_between_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        planes = [Plane("now", {"focus.z_um": 1.0}), Plane("late", {"focus.z_um": 1.0}, 3600.0)]
        capture = Capture(rig.safety, rig.camera, [{}], 1, 10, SystemClock(), planes=planes)
        rested = rig.safety.rested

        def waits(wait_s: float) -> bool:
            assert wait_s > 3000
            threading.Timer(0.05, capture.halt).start()
            return rested(wait_s)

        monkeypatch.setattr(rig.safety, "rested", waits)
        rig.run(lambda: capture.apply({}))
        with pytest.raises(RigError, match="told to stop between two images"):
            rig.run(lambda: capture.field(0))
        assert rig.read("light.power_mw") == {"light.power_mw": 0.0}
