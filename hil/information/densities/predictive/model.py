"""The density q(patch) = prod_i q(y_i | earlier values of the patch), fitted to some patches.

Predictions of a value, from those before it in the patch, row by row:

    1. linear (`linear`), 2. with the nonlinear part of earlier errors (`correction`), 3. by kinds
    of patches (`clusters`), and 4. the three blended (`blend`)

Experts, each a probability on the codes:

    a. errors of 1 under a mixture of normal distributions, by class       b. errors of 4, likewise
    c. the noise's own distribution, mixed over light, given what 4 says and whether neighbours are
    active d. the same whatever the neighbours say: no bound exceeds the entropy of the single
    pixel by it e. how often each code was seen                                f. all codes alike
    g. where frames are patches: the kinds' distributions, each in its place; elsewhere, mixtures of
    normal distributions by what the nearest neighbours are (`neighbourhoods`)

    q(y_i | ..) = sum_k w_k(class of pixel i) q_k(y_i | ..)

Every part is a mixture or an average; none is chosen. By concavity q is at most ln(1 / w_k) worse
than its expert k. Predictors are fitted to one part of the patches, and what weighs them against
each other to the other: an expert that bends to what it was fitted to gains nothing by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.beside_average import Cost
from hil.information.densities.predictive.blend import Blend
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.predictive.clusters import Clusters
from hil.information.densities.predictive.coded_patches import CodedPatches
from hil.information.densities.predictive.correction import Correction
from hil.information.densities.predictive.linear import LinearPredictor
from hil.information.densities.predictive.mixing import expert_weights, mixture_weights
from hil.information.densities.predictive.neighbourhoods import SMALLEST_PATCH, Neighbourhoods
from hil.information.densities.predictive.neighbours import N_CLASSES, Classes
from hil.information.densities.predictive.own_noise import N_LEVELS, Kinds, OwnNoise
from hil.information.densities.predictive.residual_distribution import (
    ErrorCounts,
    ResidualLaw,
)

Integers = NDArray[np.intp]  # others numpy would turn into these at every look-up

_SIDES = 4  # neighbours active or not, prediction sure or not
_CONTEXTS = _SIDES * N_LEVELS
_MOST_KINDS, _KIND_COST = 16, 1536  # of patches; fewer where patches hold many values
_DIRECTIONS = 12
_MOST_PLACED_KINDS, _PATCHES_A_KIND = 80, 8
_MOST_PLACED_DIRECTIONS, _PATCHES_A_DIRECTION = 80, 8
_LIGHT_STEPS, _FURTHER_LIGHT_STEPS, _CONTEXT_STEPS = 70, 30, 10
_CONTEXT_PIXELS = 5.0
_SEEN_PRIOR = 0.3  # times that each code counts as seen
_UNSURE = 1.15
_LEAST = 1e-30
OF_FEW_NUMBERS = (0, 3, 4)  # experts that kinds of patches have no part in
FITTED_EVERY = 3  # patches of which one tells what it costs less when it was fitted to


@dataclass(frozen=True)
class Predictors:
    """All predictions of the values of patches.

    Parameters
    ----------
    linear, correction, clusters
        The three of the module.
    classes
        By the errors of the linear one.
    patch_size
        p.
    around
        What near neighbours say, in frames of one channel that are larger than a patch.
    """

    linear: LinearPredictor
    correction: Correction
    clusters: Clusters
    classes: Classes
    patch_size: int
    around: Neighbourhoods | None

    @classmethod
    def fit(
        cls,
        linear: LinearPredictor,
        u: Singles,
        patch_size: int,
        rng: np.random.Generator,
        *,
        placed: bool,
    ) -> Predictors:
        """Fit to patches (n, d); see `Clusters.fit`."""
        first = linear.predict(u)
        e = (u - first) / linear.sd
        n, d = u.shape
        alike = d == patch_size**2 and patch_size >= SMALLEST_PATCH
        kinds = min(_MOST_KINDS, max(1, _KIND_COST // d))
        directions = _DIRECTIONS
        if placed:
            kinds = min(_MOST_PLACED_KINDS, 1 + n // _PATCHES_A_KIND)
            directions = min(_MOST_PLACED_DIRECTIONS, 1 + n // _PATCHES_A_DIRECTION)
        return cls(
            linear,
            Correction.fit(u, first, linear.sd, patch_size),
            Clusters.fit(
                u,
                linear.mean,
                linear.covariance,
                patch_size,
                kinds,
                directions,
                rng,
                placed=placed,
            ),
            Classes.fit(first, e, patch_size),
            patch_size,
            Neighbourhoods.fit(u, patch_size, rng) if alike and not placed else None,
        )

    def __call__(self, u: Singles, own: OwnNoise, kinds: Kinds | None) -> Predicted:
        """Predict the values of patches (n, d), of pixels of ``kinds`` (n, d)."""
        sd = self.linear.sd
        first = self.linear.predict(u)
        e = (u - first) / sd
        by_kinds, by_kinds_sd = self.clusters.predict(u)
        predictions = [first, first + self.correction(e, sd), by_kinds]
        least_sd = own.deviation(np.minimum(sd, by_kinds_sd), first, kinds)
        if kinds is not None:
            sd = own.deviation(sd, first, kinds)
            e = (u - first) / sd
        kind, _ = self.classes.of(first, e, sd, self.patch_size)
        sd = np.broadcast_to(sd, u.shape)
        return Predicted(u, e, kind, predictions, sd, least_sd, kinds)


@dataclass(frozen=True)
class Predicted:
    """What predictors say of patches.

    Parameters
    ----------
    u, e, kind
        (n, d) values, errors of the linear prediction, and classes by them.
    predictions
        (n, d) each.
    sd, least_sd
        (n, d) deviations of the linear one, and of the surest one, with the pixel's own noise.
    pixels
        (n, d) kinds of the pixels; None where they are alike.
    """

    u: Singles
    e: Singles
    kind: Integers
    predictions: list[Singles]
    sd: Singles
    least_sd: Singles
    pixels: Kinds | None


@dataclass(frozen=True)
class Blended:
    """One prediction.

    Parameters
    ----------
    value, e
        (n, d) prediction and its error over ``Predicted.least_sd``.
    kind, context
        (n, d) class of the error's distribution, and row of the table of the codes' distribution.
    """

    value: Singles
    e: Singles
    kind: Integers
    context: Integers


@dataclass(frozen=True)
class Tables:
    """Distributions of the experts.

    Parameters
    ----------
    linear, blended
        Of errors.
    in_context
        (_CONTEXTS C, kinds of pixels, G), flat: probability of a code.
    alone
        (kinds of pixels, L), flat.
    seen
        (L,).
    lights
        (M,) of each channel: how often each light is seen.
    """

    linear: ResidualLaw
    blended: ResidualLaw
    in_context: Floats
    alone: Floats
    seen: Floats
    lights: list[Floats]


class PredictiveModel:
    """See the module.

    Parameters
    ----------
    cells
        Of the codes.
    lights
        (k, M, G) of each channel: `light_distributions`.
    own
        Noise of pixels that differ.
    linear
        Fitted to all of the training set.
    patches
        (n, d) some of it.
    apart
        (n,) whether a patch is of the part that weighs predictors against each other.
    patch_size
        p.
    rng
        Draws where kinds of patches begin.
    placed
        Whether frames are patches, in which each value has a place of its own.

    Attributes
    ----------
    fitted
        Cost of every third patch that is not set apart.
    """

    def __init__(
        self,
        cells: Cells,
        lights: list[Floats],
        own: OwnNoise,
        linear: LinearPredictor,
        patches: CodedPatches,
        apart: NDArray[np.bool_],
        patch_size: int,
        rng: np.random.Generator,
        *,
        placed: bool,
    ) -> None:
        self._cells, self._lights, self._p = cells, lights, patch_size
        self._placed = placed
        d = patches.codes.shape[1]
        self._channel = np.repeat(np.arange(len(lights), dtype=np.intp), d // len(lights))
        self._own = own
        self._pixels = max(len(table) for table in lights)
        self._groups = max(table.shape[2] for table in lights)
        parts = [patches[~apart], patches[apart]]
        self._predictors = Predictors.fit(
            linear, cells.u[parts[0].codes], patch_size, rng, placed=placed
        )
        predicted = [self._predictors(cells.u[part.codes], own, part.kinds) for part in parts]
        judged = predicted[1]
        self._blend = Blend.fit(
            judged.u, judged.predictions, judged.least_sd, judged.kind, N_CLASSES
        )
        value = self._blend(judged.predictions, judged.kind)
        self._classes = Classes.fit(value, (judged.u - value) / judged.least_sd, patch_size)
        blended = [self._blended(one) for one in predicted]
        everything = [
            (part.codes, said, one)
            for part, said, one in zip(parts, predicted, blended, strict=True)
        ]
        half = np.arange(len(parts[1])) % 2 == 0
        first = [everything[0], _some(*everything[1], half)]
        last = _some(*everything[1], ~half)
        self._tables = self._tabulated(first, None)
        experts = self._experts(*last)
        kind = last[2].kind.ravel()
        self._weights = expert_weights(experts.reshape(len(experts), -1), kind, N_CLASSES)
        self._tables = self._tabulated(everything, self._tables)
        self.fitted = self._average(*_some(*everything[0], np.s_[::FITTED_EVERY]))

    def nats(self, patches: CodedPatches) -> Floats:
        """-log q of patches (n, d), (n,) nats per value."""
        return self.cost(patches).nats

    def cost(self, patches: CodedPatches) -> Cost:
        """-log q of patches (n, d), and of each expert."""
        codes = patches.codes
        predicted = self._predictors(self._cells.u[codes], self._own, patches.kinds)
        return self._average(codes, predicted, self._blended(predicted))

    def _average(self, codes: Integers, said: Predicted, own: Blended) -> Cost:
        q = np.zeros(codes.shape)
        weights = np.ascontiguousarray(self._weights.T)
        experts = self._experts(codes, said, own)
        each = np.empty((len(experts), len(codes)))
        for k, (weight, expert) in enumerate(zip(weights, experts, strict=True)):
            each[k] = -np.log(expert, dtype=np.float32, casting="same_kind").mean(axis=1)
            expert *= weight.take(own.kind)
            q += expert
        return Cost(np.asarray(-np.log(q).mean(axis=1), dtype=np.float64), each)

    def _blended(self, predicted: Predicted) -> Blended:
        value = self._blend(predicted.predictions, predicted.kind)
        e = predicted.u - value
        e /= predicted.least_sd
        kind, active = self._classes.of(value, e, predicted.least_sd, self._p)
        context = self._own.level(value)
        context *= _SIDES
        context += active
        context += 2 * (predicted.least_sd > np.float32(_UNSURE))
        return Blended(value, e, kind, context)

    def _tabulated(
        self, parts: list[tuple[Integers, Predicted, Blended]], begun: Tables | None
    ) -> Tables:
        """Count over ``parts``, and go on from the fit to some of them where there is one."""
        shape = (len(self._lights), _CONTEXTS, self._pixels, self._groups)
        linear, blended = ErrorCounts(N_CLASSES), ErrorCounts(N_CLASSES)
        in_context = np.zeros(math.prod(shape))
        seen = np.zeros(self._cells.n_codes)
        for codes, said, own in parts:
            variance = self._cells.rounding.take(codes)
            linear.add(said.kind, said.e, variance / (said.sd * said.sd))
            blended.add(own.kind, own.e, variance / (said.least_sd * said.least_sd))
            at = self._place(codes, said, own)
            in_context += np.bincount(at.ravel(), minlength=in_context.size)
            seen += np.bincount(codes.ravel(), minlength=seen.size)
        table, alone, lights = self._lit(in_context.reshape(shape), begun.lights if begun else None)
        return Tables(
            linear.fit(begun.linear if begun else None),
            blended.fit(begun.blended if begun else None),
            table.ravel(),
            alone.ravel(),
            self._smoothed(seen),
            lights,
        )

    def _lit(
        self, counts: Floats, begun: list[Floats] | None
    ) -> tuple[Floats, Floats, list[Floats]]:
        """Probability of a code in each context, as ``counts``, and in none, (pixels, L).

        Pixels of all kinds see the same light, each through its own noise.
        """
        table = np.zeros_like(counts)
        alone = np.zeros((self._pixels, self._cells.n_codes))
        first = self._cells.first
        seen = []
        for c, (each, channel) in enumerate(zip(self._lights, self._cells.channels, strict=True)):
            pixels, lights, groups = each.shape
            own = counts[c, :, :pixels, :groups].reshape(_CONTEXTS, -1)
            size = np.tile(np.diff(channel.group_first), pixels)
            distributions = each.swapaxes(0, 1).reshape(lights, -1)
            start, steps = np.full(lights, 1 / lights), _LIGHT_STEPS
            if begun is not None:
                start, steps = begun[c], _FURTHER_LIGHT_STEPS
            light = mixture_weights(own.sum(axis=0)[None], distributions, start, 1.0, steps)[0]
            seen.append(light)
            codes = slice(first[c], first[c + 1])
            alone[:pixels, codes] = np.repeat(light @ distributions / size, size).reshape(
                pixels, -1
            )
            used = own.any(axis=1)
            mixed = np.tile(light, (len(own), 1))
            mixed[used] = mixture_weights(
                own[used], distributions, light, _CONTEXT_PIXELS, _CONTEXT_STEPS
            )
            table[c, :, :pixels, :groups] = (mixed @ distributions / size).reshape(
                -1, pixels, groups
            )
        return table, alone, seen

    def _place(self, codes: Integers, said: Predicted, own: Blended) -> Integers:
        """Place of each code in the table of all contexts."""
        row = own.context
        if self._pixels > 1:
            row = row * self._pixels
            row += 0 if said.pixels is None else said.pixels
        result: Integers = row * self._groups + self._cells.group.take(codes)
        return result

    def _smoothed(self, seen: Floats) -> Floats:
        first = self._cells.first
        distributions = [seen[a:b] + _SEEN_PRIOR for a, b in pairwise(first)]
        return np.concatenate([distribution / distribution.sum() for distribution in distributions])

    def _experts(self, codes: Integers, said: Predicted, own: Blended) -> Floats:
        """(K, n, d) probability of each code under each expert."""
        cells, tables = self._cells, self._tables
        low, high = cells.low.take(codes), cells.high.take(codes)
        around = self._predictors.around
        q = np.empty((6 if around is None and not self._placed else 7, *codes.shape))
        first, sd = said.predictions[0], said.sd
        q[0] = tables.linear.probability(said.kind, (low - first) / sd, (high - first) / sd)
        value, sd = own.value, said.least_sd
        q[1] = tables.blended.probability(own.kind, (low - value) / sd, (high - value) / sd)
        q[2] = tables.in_context.take(self._place(codes, said, own))
        single = codes
        if said.pixels is not None:
            single = codes + cells.n_codes * said.pixels.astype(np.intp)
        q[3] = tables.alone.take(single)
        q[4] = tables.seen.take(codes)
        q[5] = (1 / np.diff(cells.first))[self._channel]
        if self._placed:
            q[6] = self._predictors.clusters.probability(said.u, low, high)
        elif around is not None:
            q[6] = around.probability(said.u, low, high)
        return np.maximum(q, _LEAST, out=q)


def _some(
    codes: Integers, said: Predicted, own: Blended, some: NDArray[np.bool_] | slice
) -> tuple[Integers, Predicted, Blended]:
    return (
        codes[some],
        Predicted(
            said.u[some],
            said.e[some],
            said.kind[some],
            [one[some] for one in said.predictions],
            said.sd[some],
            said.least_sd[some],
            None if said.pixels is None else said.pixels[some],
        ),
        Blended(own.value[some], own.e[some], own.kind[some], own.context[some]),
    )
