"""What both kinds of simulated microscope hide: an aberration, and the pixels' quirks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import hypot
from typing import Any

import numpy as np

from drivers.types import Value
from sim.microscope.stand.mirror import MIRROR_SETTINGS, MODES
from sim.microscope.stand.path import StandPath
from sim.numerics.pupil import PupilQuadrature
from sim.parts.devices import SimulatedDevice
from sim.parts.light_path import PathTruth
from sim.parts.sensor import SensorMaps


class MirrorTruth(PathTruth[StandPath[Any]]):
    """The noise-free image, the hidden aberration, and the settings that undo it.

    Parameters
    ----------
    path, devices
        As for `PathTruth`.
    """

    def __init__(self, path: StandPath[Any], devices: Sequence[SimulatedDevice]) -> None:
        super().__init__(path, devices)
        self._hidden_nm = np.asarray(path.aberration_nm)

    @cached_property
    def _pupil(self) -> PupilQuadrature:
        return PupilQuadrature(self.path.objective, MODES)

    @property
    def aberration_nm(self) -> Mapping[str, float]:
        """Hidden coefficients, ``"z4"`` to ``"z11"``, nm rms."""
        return _by_mode(self._hidden_nm.tolist())

    @property
    def aberration_rms_nm(self) -> float:
        """Root mean square of the hidden aberration over the pupil, nm."""
        return hypot(*self._hidden_nm)

    @property
    def best_settings(self) -> Mapping[str, float]:
        """Mirror and focus settings that leave no aberration, but what the mirror cannot undo."""
        wanted = -(self._hidden_nm + self._pupil.modes_of_mismatch_nm())
        flat = dict(zip(MIRROR_SETTINGS, wanted.tolist(), strict=True)) | {"focus.z_um": 0.0}
        return self.path.axes.said(flat)

    @property
    def maps(self) -> SensorMaps:
        """Gain, offset, read noise and dark current of the pixels."""
        return self.path.sensor.maps

    def residual_nm(self, settings: Mapping[str, Value] | None = None) -> Mapping[str, float]:
        """Hidden aberration and mirror together, mode by mode, focus left aside, nm rms."""
        return _by_mode(self._residual_nm(self.path.axes.really(self.suppose(settings))))

    def residual_rms_nm(self, settings: Mapping[str, Value] | None = None) -> float:
        """Wavefront error of hidden aberration, mirror and defocus together, nm rms."""
        values = self.path.axes.really(self.suppose(settings))
        return self._pupil.rms_nm(self._residual_nm(values), float(values["focus.z_um"]))

    def _residual_nm(self, values: Mapping[str, Value]) -> list[float]:
        mirror = np.array([float(values[name]) for name in MIRROR_SETTINGS])
        total: list[float] = (self._hidden_nm + mirror).tolist()
        return total


def _by_mode(coefficients: Sequence[float]) -> dict[str, float]:
    return {f"z{j}": a for j, a in zip(MODES, coefficients, strict=True)}
