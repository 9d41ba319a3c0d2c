"""A microscope without optics: the devices of ``sim.microscope``, and a sample that only pales.

For programs that are started to be killed, held up or locked out. What their cameras see is beside
the point, and torch, which simulated optics need, takes longer to import than such a session lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.microscope.options import MicroscopeOptions, find_scene
from sim.microscope.stand.path import StandPath, centre_um
from sim.microscope.stand.stand import open_stand
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.simulated_clock import Pace
from tests.hil.small_session import RIG

PLAIN_RIG = RIG.replace("sim.microscope", "plain.microscope")
"""The small session's; `tests.hil.planted_rig.plant` registers the kind."""


class PlainPath(StandPath[MicroscopeOptions]):
    """Blobs of two pixels, the paler the further focus and astigmatism are from 0."""

    power: ClassVar[str] = "light.power_mw"

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        place = (round(um / self.pitch_um) for um in centre_um(settings))
        rows, columns = (
            (at + np.arange(pixels)) % size
            for at, pixels, size in zip(place, self.sensor.shape, self.scene.shape, strict=True)
        )
        off = float(settings["focus.z_um"]) ** 2 + (float(settings["mirror.z5_nm"]) / 100) ** 2
        seen = 1 + (self.scene[np.ix_(rows, columns)] - 1) / (1 + off)
        exposure_ms = float(settings["camera.exposure_ms"])
        dose_uj = float(settings[self.power]) * exposure_ms
        photons = (self.options.photons_per_uj * dose_uj * seen).astype(np.float32)
        return self.sensor.expected_electrons(photons, exposure_ms)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        return {"mean_electrons": float(self.expected_electrons(settings).mean())}

    def _make(self) -> NDArray[np.float32]:
        grains = self.scene_rng.exponential(size=self.shape).astype(np.float32)
        for axis in (0, 1):
            grains = (grains + np.roll(grains, 1, axis)) / 2
        return grains

    def _load(self, path: Path) -> NDArray[np.float32]:
        raise NotImplementedError(path)

    def _lit(self, settings: Mapping[str, Value]) -> None:
        pass


def _open(options: MicroscopeOptions, pace: Pace) -> SimulatedRig:
    light = ("light", [float_axis(PlainPath.power, 0.0, 10.0, role="light")])
    return open_stand(options, PlainPath(options), light, {"mean_electrons": "electrons"}, pace)


KIND = SimulatedKind(MicroscopeOptions, _open, find_scene)
