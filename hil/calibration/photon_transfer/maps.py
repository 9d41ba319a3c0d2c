"""What differs between pixels, and how well it is known: see `map_pixels` for how it is found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PixelMaps:
    """Maps (height, width) and how well they are known.

    Parameters
    ----------
    offset_adu
        Mean in the dark, at the shortest exposure.
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

    def flat_electrons_needed(self, image_electrons: float, bits: float = 0.01) -> float:
        """How many electrons a pixel of flat field keep the map's error from looking like a scene.

        A pattern of relative variance t in images of N electrons carries 1/2 log2(1 + t N) bits;
        a map shrunk by w leaves t = tau2 e2 / (tau2 + e2), where E electrons give e2 = 1 / E. Over
        the electrons of one flat frame, it is the number of frames.

        Parameters
        ----------
        image_electrons
            Of the images that are to be corrected, per pixel.
        bits
            That the pattern may carry, per pixel.

        Raises
        ------
        InputError
            Without a flat field, whose spread it follows from.
        """
        if self.response_spread is None:
            raise InputError("calibration", "maps", "were made without a flat field")
        allowed = (4.0**bits - 1) / image_electrons
        tau2 = self.response_spread**2
        return 0.0 if tau2 <= allowed else (tau2 - allowed) / (tau2 * allowed)

    def dark_frames_needed(self, read_noise_adu: float, bits: float = 0.01) -> int:
        """How many dark frames do the same for the offset, where nothing but read noise hides it.

        Parameters
        ----------
        read_noise_adu
            Rms of a pixel in the dark.
        bits
            As in `flat_electrons_needed`.
        """
        allowed = (4.0**bits - 1) * read_noise_adu**2
        tau2 = self.offset_spread_adu**2
        if tau2 <= allowed:
            return 2
        return max(2, math.ceil(float(read_noise_adu**2 * (tau2 - allowed) / (tau2 * allowed))))

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
