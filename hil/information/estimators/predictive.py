"""Each pixel predicted from the earlier ones of its patch: a probability on the codes themselves.

The default for integers. Everything that it is made of is a mixture of probabilities on the codes
(`densities.predictive.model`), so that clipped pixels, few photons, spikes and wide ranges of light
are represented, and no search finds a setting at which it sums to more than 1. Lossless image
coders work alike (CALIC: Wu and Memon 1997; TMW: Meyer and Tischer 1997; MRP: Matsuda et al. 2005).

Scenes of two levels behind optics are told by their map as well, patch by patch
(`densities.predictive.two_levels`): prediction alone took what blur makes of them for information.
So is light that is smooth and steep, by the surface that its patches lie on (`densities.smooth`).

The order of the pixels, row by row, is part of the density: a mirrored frame is predicted in
another order, and its cross-entropy differs a little. Where the opposite order tells more, as
where optics draw light out to one side, it is taken (`densities.predictive.order`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.blas_threads import one_blas_thread
from hil.information.conditional_entropy import conditional_nats
from hil.information.densities.low_rank.frames import noise_units
from hil.information.densities.low_rank.whole_frames import frame_information, only_patches
from hil.information.densities.predictive.beside_average import Cost, cost_share
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.predictive.coded_patches import CodedPatches, Indices, PatchSource
from hil.information.densities.predictive.light_distributions import light_distributions
from hil.information.densities.predictive.linear import LinearPredictor, stationary_predictors
from hil.information.densities.predictive.model import (
    FITTED_EVERY,
    OF_FEW_NUMBERS,
    PredictiveModel,
)
from hil.information.densities.predictive.order import better_backwards, turned_predictor
from hil.information.densities.predictive.own_noise import OwnNoise
from hil.information.densities.predictive.two_levels import (
    Maps,
    TwoLevels,
    maps_of,
    mixed_nats,
    patch_weights,
)
from hil.information.densities.smooth.seen import SeenAnywhere
from hil.information.densities.smooth.smooth_light import (
    SmoothLight,
    Told,
    seen_anywhere,
    worth_telling,
)
from hil.information.registry import CrossEntropy, Traits
from hil.information.sample.rectangle import largest_rectangle
from hil.information.sample.sample import Sample
from hil.noise.corrected import CorrectedNoise

_FITTED_VALUES = 2**17  # of the patches that distributions and weights are fitted to
_PLACED_VALUES = 2**19  # where patches are frames: there is more to be learnt of each place
_HALVED_FOLDS, _LEAST_HALVED = 2, 32  # that tell what half as many frames would cost; patches
_FEW_FOLDS, _AMPLE = 2, 2  # folds, where half of the values are so many times what is fitted
_LARGEST_PATCH = 32  # pixels: predictors take the cube of their number
_LOOKED_AT = 2  # fields, whether their light is smooth
_RARE = 0.02  # weight of a term that is not told of the other patches
_VALUES_AT_ONCE = 2**15  # their numbers stay in the cache
_MOST_LEFT_BITS = 0.03
_LEAST_RATIO = 1.25
_FEW_FIELDS, _LOOK_SIDE, _LEAST_PATCHES = 4, 128, 4  # of one image, that is looked at
_MOST_UNTOLD_BITS = 0.01


class Predictive:
    """See the module."""

    traits = Traits(compared="always", sees_pattern=True, on_codes=True)
    needed_patches = 8

    @one_blas_thread()
    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        parts = _parts(sample.patch_size)
        if parts == 1:
            return _and_untold(_cross_entropy(sample), sample)
        # large patches are products of smaller ones: what those say of each other is little
        whole = sample.places
        p = sample.patch_size // parts
        within = np.stack(np.divmod(np.arange(parts**2), parts), axis=1) * p
        corners = (whole[:, :, None] + within).reshape(len(whole), -1, 2)
        smaller = replace(sample, patch_size=p, corners=corners, stride=None)
        split = _and_untold(_cross_entropy(smaller), smaller)
        shape = (sample.n_fields, sample.n_repeats * whole.shape[1], parts**2)
        held_out = split.held_out_nats.reshape(shape).mean(axis=2)
        in_sample = split.in_sample_nats.reshape(shape).mean(axis=2)
        return replace(split, held_out_nats=held_out, in_sample_nats=in_sample)


def _parts(patch_size: int) -> int:
    """Into how many parts a side is divided, so that they are small enough; 1 if none are."""
    fitting = (n for n in (1, 2, 3, 5) if patch_size % n == 0 and patch_size // n <= _LARGEST_PATCH)
    return next(fitting, 1)


def _cross_entropy(sample: Sample) -> CrossEntropy:
    if sample.frames.size * (1 - 1 / _FEW_FOLDS) >= _AMPLE * _FITTED_VALUES:
        # each fold still has all that a fit takes, in less time
        sample = replace(sample, most_folds=_FEW_FOLDS)
    cells = Cells.of(sample)
    noises = [one.noise for one in sample.by_channel()]
    if sample.pixel_kinds is None:  # pixels cannot be told apart: each may be of any kind
        noises = [
            replace(noise, kinds=None) if isinstance(noise, CorrectedNoise) else noise
            for noise in noises
        ]
    pairs = zip(cells.channels, noises, strict=True)
    lights = [light_distributions(channel, noise) for channel, noise in pairs]
    own_noise = OwnNoise.of(cells, noises, sample.values_per_patch)
    linear = stationary_predictors(cells.stabilised(sample))
    placed = sample.size == (sample.patch_size, sample.patch_size)
    most = _PLACED_VALUES if placed else _FITTED_VALUES
    source = PatchSource(sample, cells)
    held_out = np.empty((sample.n_fields, source.per_field))
    by_neighbours = _Costs(source)
    fitted = []  # in-sample costs of some patches, by their numbers
    halved: list[float] = []  # what patches cost more by half of the others
    maps: Maps | None = None
    told_by: tuple[Told, ...] = ()
    seen = seen_anywhere(sample, cells)
    gained, left = 0.0, []  # by maps and surfaces, and what more points of these would
    for fold in range(sample.n_folds):
        numbers, apart = source.chosen(np.flatnonzero(sample.fold != fold), most)
        patches = source.at(numbers)
        order = _Order.of(linear[fold], cells.u[patches[~apart].codes], sample.n_channels)
        fit = partial(
            PredictiveModel,
            cells,
            lights,
            own_noise,
            order.linear,
            patch_size=sample.patch_size,
            placed=placed,
        )
        model = fit(order(patches), apart, rng=np.random.default_rng(sample.seed))
        own_fields = np.flatnonzero(sample.fold == fold)
        for fields, own in source.of_fields(own_fields):
            cost = _cost(model, order(own))
            held_out[fields] = cost.nats.reshape(-1, source.per_field)
            by_neighbours.add(fields, cost)
        if placed and fold < _HALVED_FOLDS and len(patches) >= _LEAST_HALVED:
            half = _every_other(apart)
            fewer = fit(order(patches[half]), apart[half], rng=np.random.default_rng(sample.seed))
            by_fewer = _cost(fewer, order(source.at(_numbers(own_fields, source)))).nats
            halved.append(float(by_fewer.mean() - held_out[own_fields].mean()))
        told, in_sample = numbers[~apart][::FITTED_EVERY], model.fitted.nats
        by_neighbours.fitted.append((told, model.fitted))
        if fold == 0 and not placed:
            maps = maps_of(sample, cells, linear[fold], own_fields, held_out[own_fields])
            told_by = _smooth_light(
                source, linear[fold], own_fields, numbers[~apart], held_out, seen
            )
        if maps is not None or told_by:
            judged = _cost(model, order(patches[apart])).nats
            light = (told_by, seen)
            mixed = _ByPatch.fit(source, maps, light, own_fields, numbers, apart, judged)
            predicted = held_out[own_fields]
            held_out[own_fields] = mixed(own_fields, predicted)
            gained += float((predicted - held_out[own_fields]).sum()) / held_out.size
            left.append(mixed.left_nats)
            in_sample = mixed.at(told, in_sample)
            told_by = mixed.told_by
        fitted.append((told, in_sample))
    gap = _gap(held_out.ravel(), fitted)
    step = cells.log_step_nats
    details = {}
    if gained > 0:
        details["told_by_patch_bits"] = gained / math.log(2)
        details["surface_left_bits"] = float(np.mean(left)) / math.log(2)
    if placed:
        beyond = _beyond_frames(sample, float(held_out.mean()) + step)
        known = max(beyond, float(np.mean(halved)) if halved else 0.0)
        share = by_neighbours.cost_share(OF_FEW_NUMBERS, known)
    else:
        share = by_neighbours.cost_share()
    return CrossEntropy(held_out + step, held_out - gap + step, 1 - share, details)


def _gap(held_out: Floats, fitted: Sequence[tuple[Indices, Floats]]) -> float:
    """Mean of what patches cost less when they were fitted to."""
    return float(np.mean([(held_out[at] - nats).mean() for at, nats in fitted]))


def _every_other(apart: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Choose every other patch of those that are set apart, and of those that are not."""
    half = np.zeros(len(apart), dtype=np.bool_)
    for part in (apart, ~apart):
        half[np.flatnonzero(part)[::2]] = True
    return half


def _numbers(fields: Indices, source: PatchSource) -> Indices:
    """Give those of all patches of fields."""
    return (fields[:, None] * source.per_field + np.arange(source.per_field)).ravel()


def _beyond_frames(sample: Sample, nats: float) -> float:
    """How much more that is than noise and all that frames of this covariance tell; 0 if unknown.

    Parameters
    ----------
    nats
        Of a value.
    """
    if only_patches(sample):
        return 0.0
    units = noise_units(sample)
    told = np.mean([one.information for one in frame_information(sample, units)])
    noise, _ = conditional_nats(sample)
    return nats - float(noise.mean()) - units.uneven_nats - float(told) / len(units.mean)


class _Costs:
    """What patches cost the density and each of its experts, before others have a say.

    Attributes
    ----------
    fitted
        In-sample, of some patches by their numbers.
    """

    def __init__(self, source: PatchSource) -> None:
        self._source = source
        self._each: list[tuple[Indices, Cost]] = []
        self.fitted: list[tuple[Indices, Cost]] = []

    def add(self, fields: Indices, cost: Cost) -> None:
        """Add those of all patches of fields, held out."""
        self._each.append((_numbers(fields, self._source), cost))

    def cost_share(self, experts: Sequence[int] | None = None, known: float = 0.0) -> float:
        """See `beside_average`: by some experts, or by all of them."""
        held_out = Cost.of_all([cost for _, cost in self._each])
        place = np.argsort(np.concatenate([numbers for numbers, _ in self._each]))
        nats, each = held_out.nats[place], held_out.each[:, place]
        gap = _gap(nats, [(at, cost.nats) for at, cost in self.fitted])
        gaps = [
            _gap(nats_k, [(at, cost.each[k]) for at, cost in self.fitted])
            for k, nats_k in enumerate(each)
        ]
        asked = np.arange(len(gaps)) if experts is None else np.array(experts)
        return cost_share(np.array(gaps)[asked], (each - nats).mean(axis=1)[asked], gap, known)


def _and_untold(entropy: CrossEntropy, sample: Sample) -> CrossEntropy:
    """Say whether maps, or the surface of smooth light, would tell of frames what is not told."""
    untold = dict(entropy.details)
    flagged = untold.get("surface_left_bits", 0.0) > _MOST_LEFT_BITS
    one = _one_image_of(sample)
    if one is not None:
        told = _cross_entropy(one).details.get("told_by_patch_bits", 0.0) / sample.n_channels
        if told > 0:
            untold["untold_bits"] = told
        flagged |= told > _MOST_UNTOLD_BITS
    return replace(entropy, details=untold, flags=("light_untold",) if flagged else ())


def _one_image_of(sample: Sample) -> Sample | None:
    """Give the channel that shows most, without a mask: a part of a few fields; None of others."""
    if sample.n_channels == 1 and sample.usable is None:
        return None
    rows, columns = (slice(0, side) for side in sample.size)
    if sample.usable is not None:
        rows, columns = largest_rectangle(sample.usable[0])
    rows, columns = (_middle(one) for one in (rows, columns))
    if min(one.stop - one.start for one in (rows, columns)) < _LEAST_PATCHES * sample.patch_size:
        return None
    fields = np.unique(np.linspace(0, sample.n_fields - 1, _FEW_FIELDS).astype(np.intp))
    if sample.one_scene or fields.size < _FEW_FIELDS:
        return None
    each = [
        replace(
            one,
            frames=one.frames[fields, :1, rows, columns],
            corners=None,
            usable=None,
            stride=None,
            pixel_kinds=None,
            most_folds=_FEW_FOLDS,
        )
        for one in sample.by_channel()
    ]
    return max(each, key=lambda one: float(one.frames.var()) / one.noise_variance_adu2)


def _middle(side: slice) -> slice:
    """Cut what is long."""
    length = side.stop - side.start
    start = side.start + max(0, (length - _LOOK_SIDE) // 2)
    return slice(start, start + min(length, _LOOK_SIDE))


@dataclass(frozen=True)
class _Order:
    """The order in which a model reads the values of patches."""

    linear: LinearPredictor  # of what it reads
    n_channels: int
    backwards: bool

    @classmethod
    def of(cls, linear: LinearPredictor, u: Singles, n_channels: int) -> _Order:
        """Choose the one in which patches (n, d) are foretold better."""
        back = turned_predictor(linear, n_channels)
        backwards = better_backwards(linear, back, u, n_channels)
        return cls(back if backwards else linear, n_channels, backwards)

    def __call__(self, patches: CodedPatches) -> CodedPatches:
        return patches.turned(self.n_channels) if self.backwards else patches


def _smooth_light(
    source: PatchSource,
    linear: LinearPredictor,
    fields: Indices,
    training: Indices,
    held_out: Floats,
    seen: SeenAnywhere,
) -> tuple[Told, ...]:
    """Tell by what of the smooth light of other fields patches of some gain."""
    few = fields[:_LOOKED_AT]
    numbers = _numbers(few, source)
    predicted = held_out[few].ravel()
    others = np.unique(training // source.per_field)
    patches = source.at(numbers)
    return worth_telling(source.sample, source.cells, linear, others, patches, predicted, seen)


@dataclass(frozen=True)
class _ByPatch:
    """Predictions mixed, patch by patch, with maps of two levels and surfaces of smooth light."""

    source: PatchSource
    by_others: Floats  # (F, patches of a field, k) nats per patch
    weights: Floats
    told_by: tuple[Told, ...]  # of smooth light, with some weight: what other folds need, too
    left_nats: float  # of a value, that still more templates would tell

    @classmethod
    def fit(
        cls,
        source: PatchSource,
        maps: Maps | None,
        light: tuple[tuple[Told, ...], SeenAnywhere],
        own_fields: Indices,
        numbers: Indices,
        apart: NDArray[np.bool_],
        judged: Floats,
    ) -> _ByPatch:
        """Fit to patches by their numbers; predictions cost those set apart ``judged`` (nats).

        Others are told of all patches of ``own_fields`` and of those of which an in-sample cost is
        asked for, every third that is not set apart.
        """
        sample, cells = source.sample, source.cells
        told_by, seen = light
        fields, every = np.unique(numbers[~apart] // source.per_field), np.arange(sample.n_fields)
        weighed = np.ones(len(judged), dtype=np.bool_)
        costs = [sample.values_per_patch * judged[:, None]]
        if maps is not None:
            by_maps = TwoLevels.fit(sample, cells, maps, fields).nats(every)
            costs.append(by_maps[np.divmod(numbers[apart], source.per_field)])
        if told_by:
            # what errors are counted on weighs nothing
            weighed = np.arange(len(judged)) % 2 == 1
            patches = source.at(numbers[apart])
            # fields that are judged by are told better than others by what they show themselves
            strange = np.setdiff1d(fields, numbers[apart] // source.per_field)
            some = strange if strange.size else fields
            smooth = SmoothLight.fit(sample, cells, told_by, some, patches[~weighed], seen)
            costs.append(np.zeros((len(judged), len(smooth.laws))))
            costs[-1][weighed] = smooth.nats(patches[weighed])
        every_cost = np.concatenate(costs, axis=1)[weighed]
        weights, left = patch_weights(every_cost), 0.0
        if "templates" in told_by:
            most, fewest = (every_cost[:, [0, -k]] for k in (2, 1))
            fewer = np.stack([every_cost[:, 0], smooth.fewer_nats(patches[weighed])], axis=1)
            means = [_mixed_mean(one) for one in (most, fewer, fewest)]
            left = _still_to_come(*means) / sample.values_per_patch
        others = [by_maps] if maps is not None else []
        if told_by:
            first = weights.size - len(smooth.laws)
            kept = weights[first:] > _RARE
            smooth = smooth.some(kept)
            weights = weights[np.concatenate([np.ones(first, dtype=np.bool_), kept])]
            wanted = np.zeros((sample.n_fields, source.per_field), dtype=np.bool_)
            wanted[own_fields] = True
            wanted.ravel()[numbers[~apart][::FITTED_EVERY]] = True
            by_light = np.full((*wanted.shape, len(smooth.laws)), np.nan)
            for group, patches in source.of_fields(every):
                here = wanted[group].ravel()
                found = np.full((here.size, len(smooth.laws)), np.nan)
                found[here] = smooth.nats(patches[here])
                by_light[group] = found.reshape(len(group), source.per_field, -1)
            others.append(by_light)
            # one of them in the place of another; where none serves here, other folds may differ
            told_by = tuple(one for one in told_by if one in smooth.by) or told_by
        by_others = np.concatenate(others, axis=2)
        return cls(source, by_others, weights / weights.sum(), told_by, left)

    def __call__(self, fields: Indices, nats: Floats) -> Floats:
        """Nats per value of all patches of fields, of which predictions cost ``nats`` (n, T)."""
        numbers = fields[:, None] * self.source.per_field + np.arange(self.source.per_field)
        return self.at(numbers.ravel(), nats.ravel()).reshape(nats.shape)

    def at(self, numbers: Indices, nats: Floats) -> Floats:
        """Nats per value of patches by their numbers."""
        costs = mixed_nats(self._costs(numbers, nats), self.weights)
        return costs / self.source.sample.values_per_patch

    def _costs(self, numbers: Indices, nats: Floats) -> Floats:
        others = self.by_others[np.divmod(numbers, self.source.per_field)]
        predicted = self.source.sample.values_per_patch * nats[:, None]
        return np.concatenate([predicted, others], axis=1)


def _mixed_mean(nats: Floats) -> float:
    return float(mixed_nats(nats, patch_weights(nats)).mean())


def _still_to_come(every: float, fewer: float, fewest: float) -> float:
    """Give the first cost, of all points, less what it, a quarter's and a sixteenth's go towards.

    Costs that fall by a power of their number go on by the ratio of two steps (Aitken 1926).
    """
    last, before = fewer - every, fewest - fewer
    return 0.0 if last <= 0 else last / (max(before / last, _LEAST_RATIO) - 1)


def _cost(model: PredictiveModel, patches: CodedPatches) -> Cost:
    """See `PredictiveModel.cost`."""
    step = max(1, _VALUES_AT_ONCE // patches.codes.shape[1])
    return Cost.of_all([model.cost(patches[i : i + step]) for i in range(0, len(patches), step)])


ESTIMATOR = Predictive()
"""Estimator of H(Y), as the registry finds it."""
