"""Patches of smooth light, told by the surface on which they lie (`surfaces`).

    q(y) = sum_k pi_k prod_i q(y_i | earlier values, k) >= the two largest terms

Each factor is a probability on the codes: cells of the distribution of a prediction's errors, by
class (`residual_distribution`). The two kinds that all of a patch makes the likeliest are taken for
the sum: what is left out makes q less, so that the cross-entropy stays a bound from above.

Pixel by pixel, smooth light is told from its nearest neighbours, and what a patch has by now shown
of it as a whole is used by few kinds of patches (`predictive.clusters`). That serves where light is
nearly level over a patch. Stripes and fringes of much contrast are bent surfaces that take many.

Two terms: of patches as they are, at any place, and of turned ones as well, which fields at other
angles are like. They are mixed with predictions, patch by patch, with weights that are learnt, and
fitted only where a look says that light is smooth, and that a few kinds gain something.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.predictive.coded_patches import CodedPatches
from hil.information.densities.predictive.linear import LinearPredictor
from hil.information.densities.predictive.neighbours import N_CLASSES, Classes
from hil.information.densities.predictive.residual_distribution import ErrorCounts, ResidualLaw
from hil.information.densities.predictive.two_levels import mixed_nats, patch_weights
from hil.information.densities.smooth.anywhere import patches_anywhere
from hil.information.densities.smooth.surfaces import Surfaces
from hil.information.sample.sample import Sample

Integers = NDArray[np.intp]

_LEAST_PATCH, _MOST_VALUES = 4, 256
_DIRECTIONS = 16
_MOST_KINDS, _KIND_VALUES = 128, 2**14  # of turned patches; half as many of others
_MOST_SAMPLES, _SAMPLE_VALUES = 2**13, 2**19
_FEW_KINDS, _FEW_SAMPLES, _FEW_VALUES = 32, 2**11, 2**18
_TRIED = 512  # patches that are looked at
_MOST_BEYOND_NATS = 0.12  # of a value, that all other directions have above the noise
_LEAST_NATS = 0.02  # of a value: what there must be above the noise
_NO_GAIN_NATS = 4e-3
_RARE = 0.02  # share of patches, by which surfaces are left out
_TURNS = (False, True)
_TERMS = 2
_LEAST = 1e-30
_NORMAL = 0.5 * math.log(2 * math.pi * math.e)


@dataclass(frozen=True)
class SurfaceLaw:
    """One surface, and the distribution of its predictions' errors."""

    surfaces: Surfaces
    classes: Classes
    errors: ResidualLaw

    @classmethod
    def fit(cls, surfaces: Surfaces, cells: Cells, codes: Integers) -> SurfaceLaw:
        """Fit the distribution to patches (n, d)."""
        u = cells.u.take(codes)
        p = math.isqrt(u.shape[1])
        value, sd = surfaces.predict(u, surfaces.likeliest(u, 1)[:, 0])
        e = (u - value) / sd
        classes = Classes.fit(value, e, p)
        counts = ErrorCounts(N_CLASSES)
        counts.add(classes.of(value, e, sd, p)[0], e, cells.rounding.take(codes) / (sd * sd))
        return cls(surfaces, classes, counts.fit(None))

    def nats(self, cells: Cells, codes: Integers) -> Floats:
        """-ln q of patches (n, d), (n,)."""
        u, low, high = cells.u.take(codes), cells.low.take(codes), cells.high.take(codes)
        p = math.isqrt(u.shape[1])
        total = np.full(len(u), -np.inf)
        for kind in self.surfaces.likeliest(u, _TERMS).T:
            value, sd = self.surfaces.predict(u, kind)
            which, _ = self.classes.of(value, (u - value) / sd, sd, p)
            q = self.errors.probability(which, (low - value) / sd, (high - value) / sd)
            own = np.log(np.maximum(q, _LEAST)).sum(axis=1) + self.surfaces.log_weights[kind]
            total = np.logaddexp(total, own)
        return -total


@dataclass(frozen=True)
class SmoothLight:
    """See the module.

    Parameters
    ----------
    cells
        Of the codes.
    laws
        Of each term.
    """

    cells: Cells
    laws: tuple[SurfaceLaw, ...]

    @classmethod
    def fit(
        cls,
        sample: Sample,
        cells: Cells,
        turns: tuple[bool, ...],
        fields: Integers,
        judged: CodedPatches,
    ) -> SmoothLight:
        """Fit surfaces to some fields, turned or not, and errors to patches of others."""
        rng = np.random.default_rng(sample.seed)
        frames = _stabilised(sample, cells, fields)
        d = sample.values_per_patch
        most = min(_MOST_KINDS, _KIND_VALUES // d)
        n = min(_MOST_SAMPLES, _SAMPLE_VALUES // d)
        laws = []
        for turned in turns:
            u = patches_anywhere(frames, sample.patch_size, n, rng, turned=turned)
            surfaces = Surfaces.fit(u, most if turned else most // 2, _DIRECTIONS, rng)
            laws.append(SurfaceLaw.fit(surfaces, cells, judged.codes))
        return cls(cells, tuple(laws))

    def nats(self, patches: CodedPatches) -> Floats:
        """-ln of each term, (n, terms), nats per patch."""
        return np.stack([law.nats(self.cells, patches.codes) for law in self.laws], axis=1)


def worth_telling(
    sample: Sample,
    cells: Cells,
    linear: LinearPredictor,
    fields: Integers,
    patches: CodedPatches,
    predicted: Floats,
) -> tuple[bool, ...]:
    """Tell which surfaces, of turned patches or not, tell some patches better than predictions do.

    Surfaces of few kinds are looked at, mixed with predictions; there may be none worth it.

    Parameters
    ----------
    linear
        Prediction by the covariance of all patches.
    fields
        Others, that a few kinds are fitted to.
    patches, predicted
        Some patches, and what they cost by predictions, nats per value.
    """
    if sample.n_channels > 1 or sample.usable is not None:
        return ()
    if sample.patch_size < _LEAST_PATCH or sample.values_per_patch > _MOST_VALUES:
        return ()
    variance = np.maximum(np.linalg.eigvalsh(linear.covariance), 1.0)
    d = variance.size
    if np.log(variance[: d - min(_DIRECTIONS, d)]).sum() / 2 > _MOST_BEYOND_NATS * d:
        return ()
    width = np.diff(cells.channels[0].edges)
    some = np.unique(np.linspace(0, len(patches) - 1, _TRIED).astype(np.intp))
    codes = patches.codes[some]
    into_codes = -np.log(width.take(codes)).sum(axis=1)
    own = d * predicted[some]
    noise = d * _NORMAL + into_codes.mean()
    if own.mean() < noise + d * _LEAST_NATS:
        return ()
    rng = np.random.default_rng(sample.seed)
    frames = _stabilised(sample, cells, fields)
    costs, n = [own], min(_FEW_SAMPLES, _FEW_VALUES // d)
    for turned in _TURNS:
        u = patches_anywhere(frames, sample.patch_size, n, rng, turned=turned)
        few = Surfaces.fit(u, _FEW_KINDS, _DIRECTIONS, rng)
        costs.append(few.nats(cells.u.take(codes)) + into_codes)
    each = np.stack(costs, axis=1)
    weights = patch_weights(each)
    if float((own - mixed_nats(each, weights)).mean()) < d * _NO_GAIN_NATS:
        return ()
    return tuple(turned for turned, one in zip(_TURNS, weights[1:], strict=True) if one > _RARE)


def _stabilised(sample: Sample, cells: Cells, fields: Integers) -> Singles:
    """Frames of some fields in u, (n, H, W)."""
    codes = cells.channels[0].coding.encode(sample.frames[fields].reshape(-1, *sample.size))
    return cells.u.take(codes.astype(np.intp))
