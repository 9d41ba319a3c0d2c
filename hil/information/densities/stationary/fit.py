"""Stationary models of all frames and of parts of them, by the same method."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hil.information.densities.stationary.autocovariance import (
    LagSums,
    above_floor,
    floored,
)
from hil.information.densities.stationary.model import StationaryModel
from hil.information.densities.stationary.patch_moments import PatchMoments
from hil.information.densities.stationary.spectral_fit import fit_part, fit_spectrum

_NEAR_FLOOR = 1.5  # below so many floors, an eigenvalue by lags alone is as likely chance
_LARGEST_FITTED_PATCH = 32  # pixels: beyond, a step of the fit takes seconds


def fitted(
    sums: Sequence[LagSums],
    floor_adu2: float,
    moments: Callable[[], Sequence[PatchMoments]] | None = None,
) -> list[StationaryModel]:
    """Fit models to a set of frames and to parts of it.

    Parameters
    ----------
    sums
        Of all frames first, then of each part.
    floor_adu2
        Variance below which no eigenvalue may lie.
    moments
        Gives the moments of the same frames' patches. They are asked for where lags alone give a
        covariance below the floor; without them such lags are mixed with a smoother spectrum.
    """
    c = np.stack([one.autocovariance for one in sums])
    if moments is None or c.shape[-1] // 2 >= _LARGEST_FITTED_PATCH:
        return [StationaryModel(one) for one in floored(c, floor_adu2)]
    if all(above_floor(one, _NEAR_FLOOR * floor_adu2) for one in c):
        return [StationaryModel(one) for one in c]
    # all by the same method, so that in-sample and held-out values err alike
    known = moments()
    everything, *parts = (part.covariance(one.mean) for one, part in zip(sums, known, strict=True))
    whole = fit_spectrum(everything, floor_adu2, known[0].n)
    return [whole.model, *(fit_part(whole, part).model for part in parts)]
