"""What a simulated microscope hides, for judging a session, never for steering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import hypot

import numpy as np
from numpy.typing import NDArray

from drivers.errors import UnknownSetting
from drivers.protocol import Value
from sim.sensor import NoiseModel, PixelMaps
from sim.widefield import MIRROR_SETTINGS, MODES, Conditions, Widefield


class Truth:
    """The hidden aberration and the noise-free image.

    Every method takes the settings to suppose, by canonical name; those left out are as they are
    on the devices now. Nothing here moves a device, lights the sample or draws a random number.

    Parameters
    ----------
    path
        The light path.
    present
        Reads all settings of the devices.
    """

    def __init__(self, path: Widefield, present: Callable[[], Mapping[str, Value]]) -> None:
        self._path = path
        self._present = present

    @property
    def aberration_nm(self) -> Mapping[str, float]:
        """Hidden coefficients, ``"z4"`` to ``"z11"``, nm rms."""
        return {f"z{j}": a for j, a in zip(MODES, self._path.aberration_nm, strict=True)}

    @property
    def aberration_rms_nm(self) -> float:
        """Root mean square of the hidden aberration over the pupil, nm."""
        return hypot(*self._path.aberration_nm)

    @property
    def best_settings(self) -> Mapping[str, float]:
        """Mirror and focus settings that leave no aberration, but what the mirror cannot undo."""
        added = zip(self._path.aberration_nm, self._path.mismatch_nm, strict=True)
        mirror = zip(MIRROR_SETTINGS, added, strict=True)
        return {name: -(hidden + sample) for name, (hidden, sample) in mirror} | {"focus.z_um": 0.0}

    @property
    def maps(self) -> PixelMaps:
        """Gain, offset, read noise and dark current of the pixels."""
        return self._path.sensor.maps

    def residual_nm(self, settings: Mapping[str, Value] | None = None) -> Mapping[str, float]:
        """Hidden aberration and mirror together, mode by mode, focus left aside, nm rms."""
        residual = self._path.residual_nm(self._conditions(settings))
        return {f"z{j}": a for j, a in zip(MODES, residual, strict=True)}

    def residual_rms_nm(self, settings: Mapping[str, Value] | None = None) -> float:
        """Wavefront error of hidden aberration, mirror and defocus together, nm rms."""
        return self._path.residual_rms_nm(self._conditions(settings))

    def expected_electrons(
        self, settings: Mapping[str, Value] | None = None
    ) -> NDArray[np.float32]:
        """Noise-free electrons of the next frame, (height, width) before binning."""
        return self._path.expected_electrons(self._conditions(settings))

    def noise_model(self, settings: Mapping[str, Value] | None = None) -> NoiseModel:
        """Parameters of ``CameraNoise`` at the binning in the settings."""
        return self._path.sensor.noise_model(self._conditions(settings).binning)

    def _conditions(self, settings: Mapping[str, Value] | None) -> Conditions:
        values = dict(self._present())
        for name, value in (settings or {}).items():
            if name not in values:
                raise UnknownSetting(name, tuple(values))
            values[name] = value
        return Conditions.of(values)
