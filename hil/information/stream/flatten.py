"""Frames as they come under noise that varies over the frame: made even, bad pixels filled."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.noise.model import FlattenedNoise, MaskedNoise, NoiseModel

MOST_FILLED = 0.01


class Flattener:
    """Makes noise the same everywhere, and keeps what that takes.

    Sums over a stream have no room for a mask. A pixel that must not be used takes the value of the
    nearest one that may: to a density it is one more pixel of the kind, and so it is to the noise.
    What that errs the result by is less than the share of such pixels, in bits.

    Parameters
    ----------
    noise
        Of the frames as they are given.

    Raises
    ------
    InputError
        Where more than 1 % of the pixels must not be used.
    """

    def __init__(self, noise: FlattenedNoise) -> None:
        self._noise = noise
        self._usable = noise.usable if isinstance(noise, MaskedNoise) else np.array(True)
        share = 1 - float(np.mean(self._usable))
        if share > MOST_FILLED:
            raise InputError(
                "noise",
                "usable",
                f"leaves out {100 * share:.2g} % of the pixels; as frames come at most "
                f"{100 * MOST_FILLED:g} % can be (estimate_information takes any mask)",
            )

    def __call__(
        self, frames: NDArray[Any], noise: FlattenedNoise | None = None
    ) -> tuple[NDArray[Any], NoiseModel]:
        """Flatten frames (..., height, width).

        Parameters
        ----------
        noise
            Of frames whose codes were put into steps; None for the one that was given.
        """
        flat, own = (self._noise if noise is None else noise).flatten(frames)
        if self._usable.all():
            return flat, own
        rows, columns = self._nearest
        flat[..., ~self._usable] = flat[..., rows, columns]
        return flat, own

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(height, width), or () for all alike: pixels that may be used."""
        return self._usable

    @cached_property
    def _nearest(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the usable pixels nearest to those that are not."""
        from scipy.ndimage import distance_transform_edt

        _, (rows, columns) = distance_transform_edt(~self._usable, return_indices=True)
        return rows[~self._usable], columns[~self._usable]
