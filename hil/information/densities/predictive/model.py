"""The density q(patch) = prod_i q(y_i | earlier values of the patch), fitted to some patches.

Predictions of a value, from those before it in the patch, row by row:

    1. linear (`linear`), 2. with the nonlinear part of earlier errors (`correction`), 3. by kinds
    of patches (`clusters`), and 4. the three blended (`blend`)

Experts, each a probability on the codes:

    a. errors of 1 under a mixture of normal laws, by class       b. errors of 4, likewise
    c. the noise's own law, mixed over light, given what 4 says and whether neighbours are active
    d. the same whatever the neighbours say: no bound exceeds the entropy of the single pixel by it
    e. how often each code was seen                                f. all codes alike
    g. where frames are patches: the kinds' laws, each in its place

    q(y_i | ..) = sum_k w_k(class of pixel i) q_k(y_i | ..)

Every part is a mixture or an average; none is chosen. By concavity q is at most ln(1 / w_k) worse
than its expert k. Predictors are fitted to one part of the patches, and what weighs them against
each other to the other: an expert that bends to what it was fitted to gains nothing by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hil.information.densities.predictive.blend import Blend
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.predictive.clusters import Clusters
from hil.information.densities.predictive.correction import Correction
from hil.information.densities.predictive.linear import LinearPredictor
from hil.information.densities.predictive.mixing import expert_weights, mixture_weights
from hil.information.densities.predictive.neighbours import N_CLASSES, Classes
from hil.information.densities.predictive.residual_law import (
    N_BINS,
    ResidualLaw,
    error_bins,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]

_LEVELS = 40  # of what is predicted, over the range of the codes
_CONTEXTS = 4 * _LEVELS
_MOST_KINDS, _KIND_VALUES = 6, 256  # of patches; fewer where patches hold more values than these
_DIRECTIONS = 12
_MOST_PLACED_KINDS, _PATCHES_A_KIND = 80, 8
_MOST_PLACED_DIRECTIONS, _PATCHES_A_DIRECTION = 80, 8
_LIGHT_STEPS, _CONTEXT_STEPS = 100, 10
_CONTEXT_PIXELS = 5.0
_SEEN_PRIOR = 0.3  # times that each code counts as seen
_UNSURE = 1.15
_LEAST = 1e-30


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
    """

    linear: LinearPredictor
    correction: Correction
    clusters: Clusters
    classes: Classes
    patch_size: int

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
        kinds = max(1, _MOST_KINDS * _KIND_VALUES // max(_KIND_VALUES, d))
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
        )

    def __call__(self, u: Singles) -> Predicted:
        """Predict the values of patches (n, d)."""
        sd = self.linear.sd
        first = self.linear.predict(u)
        e = (u - first) / sd
        kind, _ = self.classes.of(first, e, sd, self.patch_size)
        by_kinds, by_kinds_sd = self.clusters.predict(u)
        return Predicted(
            u,
            e,
            kind,
            [first, first + self.correction(e, sd), by_kinds],
            sd,
            np.minimum(sd, by_kinds_sd),
        )


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
        (d,) and (n, d) deviations of the linear one, and of the surest one.
    """

    u: Singles
    e: Singles
    kind: Integers
    predictions: list[Singles]
    sd: Singles
    least_sd: Singles


@dataclass(frozen=True)
class Blended:
    """One prediction.

    Parameters
    ----------
    value, e
        (n, d) prediction and its error over ``Predicted.least_sd``.
    kind, context
        (n, d) class of the error's law, and row of the table of the codes' law.
    """

    value: Singles
    e: Singles
    kind: Integers
    context: Integers


@dataclass(frozen=True)
class Tables:
    """Laws of the experts.

    Parameters
    ----------
    linear, blended
        Of errors.
    in_context
        (C _CONTEXTS G,) probability of a code.
    alone, seen
        (L,) probability of a code.
    """

    linear: ResidualLaw
    blended: ResidualLaw
    in_context: Floats
    alone: Floats
    seen: Floats


class PredictiveModel:
    """See the module.

    Parameters
    ----------
    cells
        Of the codes.
    lights
        (M, G) of each channel: `light_laws`.
    linear
        Fitted to all of the training set.
    codes
        (n, d) some of its patches.
    apart
        (n,) whether a patch is of the part that weighs predictors against each other.
    patch_size
        p.
    rng
        Draws where kinds of patches begin.
    placed
        Whether frames are patches, in which each value has a place of its own.
    """

    def __init__(
        self,
        cells: Cells,
        lights: list[Floats],
        linear: LinearPredictor,
        codes: Integers,
        apart: NDArray[np.bool_],
        patch_size: int,
        rng: np.random.Generator,
        *,
        placed: bool,
    ) -> None:
        self._cells, self._lights, self._p = cells, lights, patch_size
        self._placed = placed
        d = codes.shape[1]
        self._channel = np.repeat(np.arange(len(lights), dtype=np.int32), d // len(lights))
        self._groups = max(table.shape[1] for table in lights)
        ends = [c.edges[[0, -1]] for c in cells.channels]
        self._darkest = np.array([e[0] for e in ends], dtype=np.float32)[self._channel]
        span = np.array([max(e[1] - e[0], 1e-6) for e in ends])
        self._per_level = (_LEVELS / span).astype(np.float32)[self._channel]
        u = cells.u[codes]
        self._predictors = Predictors.fit(linear, u[~apart], patch_size, rng, placed=placed)
        predicted = [self._predictors(u[part]) for part in (~apart, apart)]
        judged = predicted[1]
        self._blend = Blend.fit(
            judged.u, judged.predictions, judged.least_sd, judged.kind, N_CLASSES
        )
        value = self._blend(judged.predictions, judged.kind)
        self._classes = Classes.fit(value, (judged.u - value) / judged.least_sd, patch_size)
        blended = [self._blended(one) for one in predicted]
        parts = [codes[~apart], codes[apart]]
        half = np.arange(len(parts[1])) % 2 == 0
        first = [(parts[0], predicted[0], blended[0]), _some(parts[1], judged, blended[1], half)]
        last = _some(parts[1], judged, blended[1], ~half)
        self._tables = self._tabulated(first)
        experts = self._experts(*last)
        kind = last[2].kind.ravel()
        self._weights = expert_weights(experts.reshape(len(experts), -1), kind, N_CLASSES)
        self._tables = self._tabulated(list(zip(parts, predicted, blended, strict=True)))

    def nats(self, codes: Integers) -> Floats:
        """-log q of patches (n, d), (n,) nats per value."""
        predicted = self._predictors(self._cells.u[codes])
        blended = self._blended(predicted)
        q = np.zeros(codes.shape)
        for weight, expert in zip(
            self._weights.T, self._experts(codes, predicted, blended), strict=True
        ):
            q += weight[blended.kind] * expert
        return np.asarray(-np.log(q).mean(axis=1), dtype=np.float64)

    def _blended(self, predicted: Predicted) -> Blended:
        value = self._blend(predicted.predictions, predicted.kind)
        e = predicted.u - value
        e /= predicted.least_sd
        kind, active = self._classes.of(value, e, predicted.least_sd, self._p)
        level = (value - self._darkest) * self._per_level
        context = np.clip(level, 0, _LEVELS - 1).astype(np.int32)
        context += np.int32(_LEVELS) * active
        context += np.int32(2 * _LEVELS) * (predicted.least_sd > np.float32(_UNSURE))
        context += np.int32(_CONTEXTS) * self._channel
        return Blended(value, e, kind, context)

    def _tabulated(self, parts: list[tuple[Integers, Predicted, Blended]]) -> Tables:
        n_contexts, groups = _CONTEXTS * len(self._lights), self._groups
        linear, blended = np.zeros((2, N_CLASSES * N_BINS))
        in_context = np.zeros(n_contexts * groups)
        seen = np.zeros(self._cells.n_codes)
        for codes, said, own in parts:
            at = said.kind * np.int32(N_BINS) + error_bins(said.e)
            linear += np.bincount(at.ravel(), minlength=linear.size)
            at = own.kind * np.int32(N_BINS) + error_bins(own.e)
            blended += np.bincount(at.ravel(), minlength=blended.size)
            at = own.context * np.int32(groups) + self._cells.group[codes]
            in_context += np.bincount(at.ravel(), minlength=in_context.size)
            seen += np.bincount(codes.ravel(), minlength=seen.size)
        table, alone = self._lit(in_context.reshape(len(self._lights), _CONTEXTS, groups))
        return Tables(
            ResidualLaw.fit(linear.reshape(N_CLASSES, N_BINS)),
            ResidualLaw.fit(blended.reshape(N_CLASSES, N_BINS)),
            table.ravel(),
            alone,
            self._smoothed(seen),
        )

    def _lit(self, counts: Floats) -> tuple[Floats, Floats]:
        """Probability of a code in each context, (C, _CONTEXTS, G), and in none, (L,)."""
        table = np.zeros_like(counts)
        alone = []
        for c, (laws, channel) in enumerate(zip(self._lights, self._cells.channels, strict=True)):
            own = counts[c, :, : laws.shape[1]]
            size = np.diff(channel.group_first)
            even = np.full(len(laws), 1 / len(laws))
            light = mixture_weights(own.sum(axis=0)[None], laws, even, 1.0, _LIGHT_STEPS)[0]
            alone.append(np.repeat(light @ laws / size, size))
            used = own.any(axis=1)
            mixed = np.tile(light, (len(own), 1))
            mixed[used] = mixture_weights(own[used], laws, light, _CONTEXT_PIXELS, _CONTEXT_STEPS)
            table[c, :, : size.size] = mixed @ laws / size
        return table, np.concatenate(alone)

    def _smoothed(self, seen: Floats) -> Floats:
        first = self._cells.first
        laws = [seen[a:b] + _SEEN_PRIOR for a, b in pairwise(first)]
        return np.concatenate([law / law.sum() for law in laws])

    def _experts(self, codes: Integers, said: Predicted, own: Blended) -> Floats:
        """(K, n, d) probability of each code under each expert."""
        cells, tables = self._cells, self._tables
        low, high = cells.low[codes], cells.high[codes]
        q = np.empty((7 if self._placed else 6, *codes.shape))
        first, sd = said.predictions[0], said.sd
        q[0] = tables.linear.probability(said.kind, (low - first) / sd, (high - first) / sd)
        value, sd = own.value, said.least_sd
        q[1] = tables.blended.probability(own.kind, (low - value) / sd, (high - value) / sd)
        q[2] = tables.in_context[own.context * np.int32(self._groups) + cells.group[codes]]
        q[3] = tables.alone[codes]
        q[4] = tables.seen[codes]
        q[5] = (1 / np.diff(cells.first))[self._channel]
        if self._placed:
            q[6] = self._predictors.clusters.probability(said.u, low, high)
        return np.maximum(q, _LEAST, out=q)


def _some(
    codes: Integers, said: Predicted, own: Blended, some: NDArray[np.bool_]
) -> tuple[Integers, Predicted, Blended]:
    return (
        codes[some],
        Predicted(
            said.u[some],
            said.e[some],
            said.kind[some],
            [one[some] for one in said.predictions],
            said.sd,
            said.least_sd[some],
        ),
        Blended(own.value[some], own.e[some], own.kind[some], own.context[some]),
    )
