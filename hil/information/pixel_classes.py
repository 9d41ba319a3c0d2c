"""Pixels of much the same kind, so that one table of their law serves them all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.information.noise_model import Floats

_MOST_CLASSES = 16
_WIDER = 1.4


@dataclass(frozen=True, slots=True)
class PixelClasses:
    """Classes of pixels, each with the mean of its members.

    Parameters
    ----------
    weights
        (n,) share of the pixels, of sum 1.
    centres
        (n, k) geometric mean of each of k properties over a class. Entropies are nearly linear in
        the logarithm of gain, response and read noise, so that what a class gets wrong for its
        members cancels: the second order left, over classes a third wide, is below 0.002 nats.
    member
        (pixels,) class of each.
    """

    weights: Floats
    centres: Floats
    member: NDArray[np.intp]

    @classmethod
    def of(cls, properties: Sequence[Floats], widths: Sequence[float]) -> PixelClasses:
        """Sort pixels into classes of equal width on a logarithmic scale.

        Parameters
        ----------
        properties
            k arrays (pixels,), above 0.
        widths
            The logarithm of the ratio that a class spans, of each; wider where there would be more
            than 16 classes.
        """
        logs = np.log(np.stack(list(properties), axis=1))
        # about the middle, so that pixels that are nearly alike fall into one class
        about = logs - (logs.min(axis=0) + logs.max(axis=0)) / 2
        scale = 1.0
        while True:
            bins = np.rint(about / (scale * np.asarray(widths)))
            _, member = np.unique(bins, axis=0, return_inverse=True)
            member = member.reshape(-1)
            count = np.bincount(member)
            if count.size <= _MOST_CLASSES:
                break
            scale *= _WIDER
        sums = [np.bincount(member, column) for column in logs.T]
        centres = np.exp(np.stack(sums, axis=1) / count[:, None])
        return cls(count / count.sum(), centres, member)


def unevenness_nats(weights: Floats, variance: Floats) -> float:
    """1/2 (ln E v - E ln v): entropy that one Gaussian for all pixels has above their own."""
    mean = float(weights @ variance)
    return 0.5 * (math.log(mean) - float(weights @ np.log(variance))) if mean > 0 else 0.0
