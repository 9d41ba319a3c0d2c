"""A rig from its parts: which devices, what the camera sees, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import Camera
from drivers.types import Value
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.rig import SimulatedRig, float_axis
from sim.parts.simulated_clock import AsFastAsPossible


class Counted:
    """A light path whose frames count up from the lamp's power."""

    def __init__(self) -> None:
        self.exposed = 0

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint16]:
        self.exposed += 1
        return np.full((2, 3), int(settings["lamp.power_mw"]) + self.exposed, np.uint16)

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        return np.zeros((2, 3), np.float32)

    def noise_model(self, settings: Mapping[str, Value]) -> None:
        return None

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        return {"light": float(settings["lamp.power_mw"]) * float(settings["camera.exposure_ms"])}


def open_counted(pace: AsFastAsPossible) -> SimulatedRig:
    camera = CameraPart(
        "camera",
        [float_axis("camera.exposure_ms", 1, 1000, 20.0, role="exposure")],
        saturation_adu=4095,
        readout_ms=lambda settings: 10 * float(settings["lamp.power_mw"]),
        serial="7",
    )
    parts = [device("lamp", float_axis("lamp.power_mw", 0, 9, 3.0, role="light"))]
    return assemble(Counted(), parts, camera, {"light": "uj"}, ("numpy",), pace)


def test_the_camera_and_then_the_metrics_come_after_the_parts() -> None:
    rig = open_counted(AsFastAsPossible())
    assert list(rig.devices) == ["lamp", "camera", "metrics"]
    assert rig.versions == {"numpy": np.__version__}
    assert {id(one.truth) for one in rig.devices.values()} == {id(rig.truth)}  # type: ignore[attr-defined]
    (figure,) = rig.devices["metrics"].describe()
    assert (figure.name, figure.unit, figure.read_only) == ("metrics.light", "uj", True)
    assert rig.devices["metrics"].read("metrics.light") == 60.0


def test_frames_see_the_settings_and_take_exposure_and_read_out() -> None:
    pace = AsFastAsPossible()
    camera = open_counted(pace).devices["camera"]
    assert isinstance(camera, Camera)
    frames = list(camera.capture(2, 1.0))
    assert [int(frame.pixels[0, 0]) for frame in frames] == [4, 5]
    assert frames[0].meta.saturation_adu == 4095
    assert pace.monotonic_s() == 2 * (20 + 30) / 1000
