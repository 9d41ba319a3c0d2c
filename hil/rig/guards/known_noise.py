"""What guards know of a camera's noise; whoever has a noise model says it in these words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class KnownNoise:
    """The noise of one pixel.

    Parameters
    ----------
    variance_adu2
        Variance at a mean, rounding included, ADU^2.
    dark_adu
        What a pixel reads without light; None where the noise model does not say.
    electron_adu
        Codes from one electron to the next where read noise leaves them apart; 0 where it does not.
    images
        That of each image of a sequence, where they differ; the rest is then that of the mean pixel
        of all of them.
    """

    variance_adu2: Callable[[float], float]
    dark_adu: float | None = None
    electron_adu: float = 0.0
    images: tuple[KnownNoise, ...] = ()

    def each(self, pixels: NDArray[Any]) -> Iterator[tuple[NDArray[Any], KnownNoise]]:
        """Give a frame with its noise; image by image where they differ."""
        if self.images and len(self.images) == len(pixels):
            yield from zip(pixels, self.images, strict=True)
        else:
            yield pixels, self


def together(images: Sequence[KnownNoise]) -> KnownNoise:
    """Say what the mean pixel of several images has: light is taken to be the same in all."""
    levels = [one.dark_adu for one in images]
    known = [level for level in levels if level is not None]
    dark_adu = sum(known) / len(known) if len(known) == len(levels) else None

    def variance_adu2(mean_adu: float) -> float:
        above_adu = mean_adu - (dark_adu or 0.0)
        own = [
            one.variance_adu2(above_adu + (level if dark_adu is not None and level else 0.0))
            for one, level in zip(images, levels, strict=True)
        ]
        return sum(own) / len(own)

    largest = max(one.electron_adu for one in images)
    return KnownNoise(variance_adu2, dark_adu, largest, tuple(images))
