"""Points of the surface of smooth light, as fields of a sample show them."""

from __future__ import annotations

import numpy as np

from hil.information.densities.smooth.anywhere import patches_anywhere
from hil.information.densities.smooth.denoised import DenoisedFields
from hil.information.densities.smooth.points import BORDER, Integers, Points, Singles


def points_of(
    fields: DenoisedFields, frames: Singles, p: int, n: int, rng: np.random.Generator
) -> Points:
    """Take n points of frames (F, h, w) in u, of the fields of some sample.

    They are read between pixels in the light itself, which optics have blurred: its square root is
    not as smooth as that.
    """
    side = p + 2 * BORDER
    light = patches_anywhere(fields.scale.light_of(frames), side, n, rng, turned=True)
    return Points.of(light.reshape(-1, side, side), fields.scale.to_u)


class SeenAnywhere:
    """Points that each field of a sample shows, found when they are asked for.

    Parameters
    ----------
    frames
        Its fields.
    patch_size
        p.
    n
        Points of a field.
    seed
        Of their places and angles.
    """

    def __init__(self, frames: DenoisedFields, patch_size: int, n: int, seed: int) -> None:
        self.frames, self._p, self._n, self._seed = frames, patch_size, n, seed
        self._found: dict[int, Points] = {}

    def __call__(self, fields: Integers) -> Points:
        """Points of some fields."""
        for field in (int(one) for one in fields if int(one) not in self._found):
            rng = np.random.default_rng((self._seed, field))
            frames, _ = self.frames(np.array([field]))
            self._found[field] = points_of(self.frames, frames, self._p, self._n, rng)
        parts = zip(*(self._found[int(one)] for one in fields), strict=True)
        return Points(*(np.concatenate(part) for part in parts))
