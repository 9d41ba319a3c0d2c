"""Light that falls off over the frame, alike in all fields (vignetting), in scenes of two levels.

y : codes less that of no light         g : (H, W) share of the light that reaches a pixel, mean 1
m : light of two levels behind optics, alike everywhere                         y = g m + noise

ln g is a polynomial of rows and columns, of the second degree, by the mean of ln y of all fields,
where halves of them agree on it: rare levels scatter less in it than in y. Once m is known by maps
g is one of the fourth. What optics blur of g is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles

_DEGREE, _MAPS_DEGREE = 2, 4
_FEW_FIELDS = 4
_LEAST_SD = 0.03  # of g, over the frame
_LEAST_ALIKE = 0.6  # correlation of what halves of the fields say
_LEAST_SHARE = 0.1
_LEAST_LIGHT = 0.02  # of the mean, whose logarithm is taken
_RIDGE = 1e-9
_PIXELS = 2**18  # that tell it


@dataclass(frozen=True)
class Shade:
    """See the module.

    Parameters
    ----------
    share
        g.
    dark
        Code of no light.
    """

    share: Singles
    dark: np.float32

    @classmethod
    def seen(cls, frames: Singles, dark: float) -> Shade | None:
        """Find what frames (F, H, W) in codes have in common; None where that is nothing."""
        if len(frames) < _FEW_FIELDS:
            return None
        halves = [_about_one(frames[k::2] - np.float32(dark)) for k in (0, 1)]
        if any(one is None for one in halves):
            return None
        first, second = (one.ravel() - 1 for one in halves if one is not None)
        spread = float(np.sqrt(first.std() * second.std()))
        alike = float(np.corrcoef(first, second)[0, 1]) if spread > 0 else 0.0
        if spread < _LEAST_SD or alike < _LEAST_ALIKE:
            return None
        share = np.asarray(1 + (first + second) / 2, dtype=np.float32)
        return cls(share.reshape(frames.shape[1:]), np.float32(dark))

    def refined(self, frames: Singles, evened: Singles, weight: Singles) -> Shade:
        """Fit again, once it is known what frames (n, H, W) would be without it.

        Parameters
        ----------
        evened
            In codes.
        weight
            One over the noise's variance in frames.
        """
        some, size = _thinned(frames), frames.shape[1:]
        light, y, w = (
            (one - less)[some]
            for one, less in ((evened, self.dark), (frames, self.dark), (weight, np.float32(0)))
        )
        square = (w * light * light).sum(axis=0, dtype=np.float64)
        product = (w * light * y).sum(axis=0, dtype=np.float64)
        share = _fitted(size, _MAPS_DEGREE, some[1:], square, product)
        if not share.min() > _LEAST_SHARE:
            return self
        return Shade(share.astype(np.float32), self.dark)

    def evened(
        self, codes: Singles, variance: Singles, cut: tuple[object, ...] = (...,)
    ) -> tuple[Singles, Singles]:
        """Give codes (n, h, w) of some part of the frame, and their variance, without it."""
        share = self.share[cut]  # type: ignore[index]
        return (codes - self.dark) / share + self.dark, variance / (share * share)

    def shaded(self, codes: Singles, share: Singles) -> Singles:
        """Give back what `evened` took, by shares of the pixels."""
        return np.asarray((codes - self.dark) * share + self.dark, dtype=np.float32)


def _about_one(light: Singles) -> Singles | None:
    some = _thinned(light)
    mean = float(light[some].mean(dtype=np.float64))
    if mean <= 0:
        return None
    image = np.log(np.maximum(light[some], _LEAST_LIGHT * mean)).mean(axis=0, dtype=np.float64)
    image -= image.mean()
    found = np.exp(_fitted(light.shape[1:], _DEGREE, some[1:], np.ones_like(image), image))
    found /= found.mean()
    return None if found.min() < _LEAST_SHARE else found.astype(np.float32)


def _thinned(frames: Singles) -> tuple[slice, slice, slice]:
    """Every few rows and columns, that are enough."""
    step = max(1, math.ceil(math.sqrt(frames.size / _PIXELS)))
    return slice(None), slice(None, None, step), slice(None, None, step)


def _fitted(
    size: tuple[int, ...], degree: int, some: tuple[slice, ...], square: Floats, product: Floats
) -> Floats:
    """(H, W) the polynomial t up to a degree that minimises the sum of square t^2 - 2 product t.

    Parameters
    ----------
    some
        Rows and columns of which square and product, (h, w), are known.
    """
    from numpy.polynomial.legendre import leggrid2d, legvander

    row, column = (np.linspace(-1, 1, n) for n in size)
    down, across = (legvander(at[own], degree) for at, own in zip((row, column), some, strict=True))
    pairs = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    terms = np.stack([np.outer(down[:, i], across[:, j]).ravel() for i, j in pairs])
    own = (terms * square.ravel()) @ terms.T
    own += _RIDGE * np.trace(own) * np.eye(len(own))
    weights = np.zeros((degree + 1, degree + 1))
    weights[*np.transpose(pairs)] = np.linalg.solve(own, terms @ product.ravel())
    return np.asarray(leggrid2d(row, column, weights))
