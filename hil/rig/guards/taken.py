"""What one capture brought."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.frame import Frame
from hil.rig.guards.conditions import Conditions
from hil.rig.guards.known_noise import KnownNoise


@dataclass(frozen=True, eq=False)
class Taken:
    """The frames of one place, before anybody has believed them.

    Parameters
    ----------
    place
        Index of the field of view; blank fields go on from there.
    frames
        As the camera gave them.
    wanted
        How many were asked for.
    blank
        Whether it is a blank field: no sample, or no light.
    conditions
        What was commanded.
    noise
        What is known of the camera's noise; None where nothing is.
    """

    place: int
    frames: Sequence[Frame]
    wanted: int
    blank: bool = False
    conditions: Conditions = field(default_factory=Conditions)
    noise: KnownNoise | None = None

    @property
    def pixels(self) -> list[NDArray[Any]]:
        """The images."""
        return [frame.pixels for frame in self.frames]

    @property
    def form(self) -> tuple[tuple[int, ...], str]:
        """Shape and type of the first frame."""
        return self.frames[0].pixels.shape, self.frames[0].pixels.dtype.name

    @property
    def saturation_adu(self) -> int:
        """Where the camera says that it clips."""
        return int(self.frames[0].meta.saturation_adu)

    @cached_property
    def means_adu(self) -> list[float]:
        """Mean of each frame."""
        return [float(pixels.mean(dtype=np.float64)) for pixels in self.pixels]

    @cached_property
    def digests(self) -> list[bytes]:
        """A digest of each frame: equal where frames are, and by no chance otherwise."""
        return [
            hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest()
            for pixels in self.pixels
        ]

    @cached_property
    def clipped_share(self) -> list[float]:
        """Share of each frame's pixels that clip."""
        return [float(np.mean(pixels >= self.saturation_adu)) for pixels in self.pixels]

    @cached_property
    def low_bits(self) -> int:
        """Lowest bits that are 0 in every pixel: codes that were shifted up."""
        if any(pixels.dtype.kind not in "ui" for pixels in self.pixels):
            return 0
        together = int(
            np.bitwise_or.reduce([np.bitwise_or.reduce(p, axis=None) for p in self.pixels])
        )
        return (together & -together).bit_length() - 1 if together else 0

    @cached_property
    def signals_adu(self) -> list[float]:
        """Mean of each frame above the dark level; NaN where that is not known."""
        dark_adu = None if self.noise is None else self.noise.dark_adu
        return [math.nan if dark_adu is None else mean - dark_adu for mean in self.means_adu]

    def scatter_adu(self, mean_adu: float) -> float:
        """Give the standard deviation of a frame's mean by noise alone."""
        assert self.noise is not None
        variance = max(self.noise.variance_adu2(mean_adu), 0.0)
        return math.sqrt(variance / max(self.frames[0].pixels.size, 1))

    @cached_property
    def dark_error_adu(self) -> float:
        """How far the dark level may be wrong: it is known to a part of the noise at best."""
        if self.noise is None or self.noise.dark_adu is None:
            return math.inf
        return max(0.5, 0.25 * math.sqrt(max(self.noise.variance_adu2(self.noise.dark_adu), 0.0)))

    @cached_property
    def limit_adu(self) -> float:
        """A mean this far above the dark level, or less, may be no light at all."""
        if self.noise is None or self.noise.dark_adu is None:
            return math.inf
        return 5 * self.scatter_adu(self.noise.dark_adu) + self.dark_error_adu
