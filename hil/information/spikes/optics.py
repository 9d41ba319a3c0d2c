"""Whether optics blurred what the frames show, by their spectrum.

P(f) : power at a spatial frequency f, cycles per pixel, over that of noise
fine : mean of P - 1 over 0.1 to 0.2        sharp : mean of P - 1 over 0.38 and more
broad: mean of P - 1 over 0.03 to 0.06

Optics let nothing through above their cut-off, whatever the scene. A scene of details of a few
pixels (fine > 0) without any of one pixel (sharp ~ 0) was blurred by them: then no single pixel is
of the scene. Smooth light alone (fine < broad / 100) was smooth before, and says nothing of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SIDE, _LEAST_SIDE = 256, 48
_MOST_IMAGES = 16
_BROAD, _FINE, _SHARP = (0.03, 0.06), (0.1, 0.2), (0.38, 0.71)
_MOST_SHARP = 0.015  # of what there is at 0.1 to 0.2: optics of 0.8 pixels, rms, leave less
_LEAST_FINE = 0.01  # of what there is at 0.03 to 0.06
_SIGMAS = 2.0
_QUIET = 0.2


@dataclass(frozen=True, slots=True)
class Sharpness:
    """What frames have at spatial frequencies, in the noise's power.

    Parameters
    ----------
    broad, fine, sharp
        See the module.
    sharp_se
        Standard error of ``sharp``.
    """

    broad: float = 0.0
    fine: float = 0.0
    sharp: float = math.inf
    sharp_se: float = 0.0

    @property
    def by_noise_alone(self) -> bool:
        """Whether pixels differ from the next by noise alone, or nearly."""
        return self.sharp < _QUIET + _SIGMAS * self.sharp_se

    @property
    def blurred(self) -> bool:
        """Whether optics must have blurred the scene."""
        at_most = max(self.sharp, 0.0) + _SIGMAS * self.sharp_se
        return at_most < _MOST_SHARP * self.fine and self.fine > _LEAST_FINE * self.broad


def sharpness(images: NDArray[np.float32], noise_variance_adu2: float) -> Sharpness:
    """Look at the spectrum of images (n, H, W)."""
    from scipy.fft import rfft2

    height, width = (min(side, _SIDE) for side in images.shape[1:])
    if min(height, width) < _LEAST_SIDE or noise_variance_adu2 <= 0:
        return Sharpness()
    some = images[:_MOST_IMAGES, :height, :width]
    window = np.hanning(height + 1)[:-1, None] * np.hanning(width + 1)[None, :-1]
    window = window.astype(np.float32)
    about = some - some.mean(axis=(1, 2), keepdims=True)
    about *= window
    transformed = rfft2(about)
    power = (transformed.real**2 + transformed.imag**2).mean(axis=0)
    power /= float((window**2).sum()) * noise_variance_adu2
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])

    def band(ends: tuple[float, float]) -> tuple[float, float]:
        inside = (f >= ends[0]) & (f < ends[1])
        # neighbours of one frequency say the same, by the window: about one in four is its own
        independent = max(np.count_nonzero(inside) * len(some) / 4, 1.0)
        level = float(power[inside].mean())
        return level - 1, level / math.sqrt(independent)

    sharp, se = band(_SHARP)
    return Sharpness(band(_BROAD)[0], band(_FINE)[0], sharp, se)
