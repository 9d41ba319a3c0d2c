"""The map of a scene of two levels behind known optics, levels in between allowed at first.

y = K x + c + noise, weights w (`optics`)        u : K x        z : x, between 0 and 1

    min over u, x, z of 1/2 sum w (y - c - u)^2, where u = K x, z = x, 0 <= z <= 1

is convex: no descent pixel by pixel gets stuck in it. It is solved by alternating directions
(ADMM), u pixel by pixel and x by FFTs, so that weights may differ and frames end (Almeida and
Figueiredo, IEEE Trans. Image Process. 2013). Where optics leave enough most of z is 0 or 1 already;
what is not is drawn there by and by, as z is put further from 1/2 than it is.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

STEPS: Final = 60
_MOST_DRAWN: Final = 3.0  # how much further from 1/2
_TIED, _TIED_LEVELS = 1.0, 0.01  # of K x to u, in w, and of x to z, in w K^2


def relaxed_map(
    y: Singles, w: Singles, kernel: Singles, dark: float, start: Singles, steps: int = STEPS
) -> Singles:
    """Find the map of frames, (n, H, W), 0 or 1.

    Parameters
    ----------
    y, w
        (n, H, W), and w = 0 where nothing was seen.
    kernel, dark
        (2R + 1, 2R + 1) what a level adds around it, turned by half, and c.
    start
        A map to begin with.
    steps
        Of the convex problem, and as many that end in two levels.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    total = float(kernel.sum()) ** 2
    seen = w[w > 0]
    if not 0 < total < math.inf or not seen.size:
        return start
    height, width = y.shape[1:]
    shape = (next_fast_len(height, real=True), next_fast_len(width, real=True))
    more = ((0, 0), (0, shape[0] - height), (0, shape[1] - width))
    y, w, z = np.pad(y - np.float32(dark), more), np.pad(w, more), np.pad(start, more)
    passed = _transfer(kernel, shape)
    tied = np.float32(_TIED * float(seen.mean(dtype=np.float64)))
    levels = np.float32(_TIED_LEVELS * total * float(seen.mean(dtype=np.float64)))
    inverse = (1 / (tied * np.abs(passed) ** 2 + levels)).astype(np.float32)
    back = tied * passed.conj()
    y *= w
    share = 1 / (w + tied)
    blurred = irfft2(passed * rfft2(z), s=shape)
    off_u, off_z = np.zeros_like(y), np.zeros_like(y)
    for step in range(2 * steps):
        u = (y + tied * (blurred + off_u)) * share
        x_hat = (back * rfft2(u - off_u) + levels * rfft2(z - off_z)) * inverse
        x: Singles = np.asarray(irfft2(x_hat, s=shape), dtype=np.float32)
        blurred = irfft2(passed * x_hat, s=shape)
        x += off_z
        further = np.float32(1 + _MOST_DRAWN * max(step + 1 - steps, 0) / steps)
        drawn = (x - np.float32(0.5)) * further + np.float32(0.5)
        z = np.asarray(np.clip(drawn, 0, 1), dtype=np.float32)
        off_z = x - z
        off_u += blurred - u
    return np.asarray(z[:, :height, :width] > 0.5, dtype=np.float32)


def _transfer(kernel: Singles, shape: tuple[int, int]) -> NDArray[np.complex64]:
    """Tell what becomes of waves, of frames that go on at their other side."""
    from scipy.fft import rfft2

    side = len(kernel)
    wide = np.zeros(shape, dtype=np.float32)
    wide[:side, :side] = kernel[::-1, ::-1]
    reach = side // 2
    return np.asarray(rfft2(np.roll(wide, (-reach, -reach), axis=(0, 1))), dtype=np.complex64)
