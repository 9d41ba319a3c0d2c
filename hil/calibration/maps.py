"""What differs between pixels: offset, response, read noise, and pixels that must not be used.

A map made from few frames holds their noise as well, and correcting by it puts that noise into
every frame as a pattern. So each map is shrunk, pixel by pixel, toward what is smooth: by its share
of true variance, estimated from the map itself (empirical Bayes; the linear rule is Buhlmann's).

r_i  : relative response of pixel i, mean 1, without the shading
s_i  : smooth part of a flat field, mean 1: vignetting and uneven light
tau2 : variance over pixels of what is mapped; e2 : variance of the measurement's own noise
w    : tau2 / (tau2 + e2), the weight of a pixel's own measurement
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PixelMaps:
    """Maps (height, width) and how well they are known.

    Parameters
    ----------
    offset_adu
        Mean in the dark, at no exposure.
    read_noise_e
        Temporal noise in the dark, rounding taken out, electrons rms.
    usable
        False for hot, dead and flickering pixels: a fixed mask.
    response
        Relative gain of each pixel, mean 1, without the shading; None without a flat field.
    shading
        Smooth part of the flat field, mean 1; None without one. Of light and optics, not of the
        camera.
    offset_sd_adu, read_noise_relative_sd, response_sd
        Typical error that is left in a map's pixel.
    offset_spread_adu, read_noise_relative_spread, response_spread
        Standard deviation over pixels, noise of the measurement taken off (the last is PRNU).
    response_weight
        Share w of a pixel's own measurement in `response`: 1 for plenty of frames.
    flat_electrons
        Electrons a pixel that the flat field was made of, all frames together.
    """

    offset_adu: Floats32
    read_noise_e: Floats32
    usable: NDArray[np.bool_]
    response: Floats32 | None
    shading: Floats32 | None
    offset_sd_adu: float
    read_noise_relative_sd: float
    offset_spread_adu: float
    read_noise_relative_spread: float
    response_sd: float | None
    response_spread: float | None
    response_weight: float | None
    flat_electrons: float | None

    def flat_frames_needed(self, electrons: float, frame_electrons: float) -> int:
        """How many flat frames keep the map's error below 0.01 bit per pixel.

        Parameters
        ----------
        electrons
            Of the images to be corrected, per pixel.
        frame_electrons
            Of one flat frame, per pixel.
        """
        raise NotImplementedError

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give the maps by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}

    def to_json(self) -> dict[str, float | None]:
        """Give the numbers by name; `arrays` gives the maps."""
        names = set(self.arrays()) | {"response", "shading"}
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in names
        }

    @classmethod
    def from_json(
        cls, document: Mapping[str, float | None], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """Rebuild what `to_json` and `arrays` gave.

        Raises
        ------
        KeyError, TypeError
            Where something is missing.
        """
        values: dict[str, Any] = dict(document)
        values |= {name: arrays[name] for name in ("offset_adu", "read_noise_e", "usable")}
        values |= {name: arrays.get(name) for name in ("response", "shading")}
        return cls(**values)
