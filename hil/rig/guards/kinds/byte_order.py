"""Pixels whose bytes are the wrong way round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.known_noise import KnownNoise
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class ByteOrder(FrameGuard):
    """A frame that is far rougher than its noise, and much smoother with bytes swapped.

    Roughness is the median step between neighbours, which edges hardly change, as a variance in
    units of the noise. Refused: above 6 as it stands, and at most a sixth of that with bytes
    swapped; anything smoother with bytes swapped where values lie above the converter's range.

    False alarms: none seen. The low byte of real frames is mostly noise, and makes them far rougher
    when it is swapped; codes that are whole multiples of 256 pass where the noise model is in the
    same codes.
    """

    name = "byte_order"
    order = 35
    needs_noise = True

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        assert taken.noise is not None
        for pixels, noise in (one for frame in taken.pixels for one in taken.noise.each(frame)):
            if pixels.dtype.itemsize < 2 or pixels.shape[-1] < 2:
                continue
            some = _some_rows(pixels)
            swapped = some.byteswap()
            if int(swapped.max()) > 2 * taken.saturation_adu:
                continue
            least = 1.5 if int(some.max()) > 2 * taken.saturation_adu else 6
            rough = _roughness(some, noise)
            if rough <= least:  # however smooth it is with bytes swapped
                continue
            other = _roughness(swapped, noise)
            if rough > least * max(other, 1.0):
                return Finding(
                    f"steps between pixels are {rough:.3g} times the noise (as a variance), and"
                    f" {other:.3g} times with bytes swapped",
                    {"roughness": rough, "swapped": other},
                )
        return None


_ROWS = 64  # tens of thousands of steps in a camera frame: their median is sure to a percent
# Median of |difference| of two draws of a Gaussian, in standard deviations.
_MEDIAN_STEP = 0.6745 * 2**0.5


def _some_rows(pixels: NDArray[Any]) -> NDArray[Any]:
    """(n, width) rows from all over the frame."""
    rows = pixels.reshape(-1, pixels.shape[-1])
    return np.ascontiguousarray(rows[:: max(1, len(rows) // _ROWS)])


def _roughness(rows: NDArray[Any], noise: KnownNoise) -> float:
    # as narrow as differences allow: the median is most of what a look costs
    wide = np.int32 if rows.dtype.itemsize <= 2 else np.int64
    steps = np.abs(np.diff(rows.astype(wide), axis=-1))
    variance = max(noise.variance_adu2(float(np.median(rows))), 1 / 12)
    return float((np.median(steps) / _MEDIAN_STEP) ** 2 / variance)


GUARD = ByteOrder()
