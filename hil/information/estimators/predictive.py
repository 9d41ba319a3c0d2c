"""Each pixel predicted from the earlier ones of its patch: a probability on the codes themselves.

The default for integers. Everything that it is made of is a mixture of probabilities on the codes
(`densities.predictive.model`), so that clipped pixels, few photons, spikes and wide ranges of light
are represented, and no search finds a setting at which it sums to more than 1. Lossless image
coders work alike (CALIC: Wu and Memon 1997; TMW: Meyer and Tischer 1997; MRP: Matsuda et al. 2005).

The order of the pixels, row by row, is part of the density: a mirrored frame is predicted in
another order, and its cross-entropy differs a little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.information.blas_threads import one_blas_thread
from hil.information.densities.predictive.cells import Cells
from hil.information.densities.predictive.light_laws import light_laws
from hil.information.densities.predictive.linear import stationary_predictors
from hil.information.densities.predictive.model import PredictiveModel
from hil.information.estimators.registry import CrossEntropy
from hil.information.field_groups import field_groups
from hil.information.sample import Sample

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_FITTED_VALUES = 2**17  # of the patches that laws and weights are fitted to
_PLACED_VALUES = 2**19  # where patches are frames: there is more to be learnt of each place
_LEAST_FITTED = 128  # patches
_VALUES_AT_ONCE = 2**15  # their numbers stay in the cache
_EVERY = 3  # fields of which one weighs predictors against each other


class Predictive:
    """See the module."""

    needed_patches = 8

    @one_blas_thread()
    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        cells = Cells.of(sample)
        lights = [
            light_laws(channel, one.noise)
            for channel, one in zip(cells.channels, sample.by_channel(), strict=True)
        ]
        linear = stationary_predictors(cells.stabilised(sample))
        placed = sample.size == (sample.patch_size, sample.patch_size)
        per_field = sample.n_repeats * sample.places.shape[1]
        held_out = np.empty((sample.n_fields, per_field))
        fitted: list[tuple[Indices, Floats]] = []
        for fold in range(sample.n_folds):
            training = np.flatnonzero(sample.fold != fold)
            chosen, apart = _chosen(
                training,
                per_field,
                sample.values_per_patch,
                _PLACED_VALUES if placed else _FITTED_VALUES,
            )
            codes = cells.encode(_patches(sample, chosen))
            model = PredictiveModel(
                cells,
                lights,
                linear[fold],
                codes,
                apart,
                sample.patch_size,
                np.random.default_rng(sample.seed),
                placed=placed,
            )
            members = np.flatnonzero(sample.fold == fold)
            for group in field_groups(
                np.broadcast_to(sample.frames[:1], (members.size, *sample.frames.shape[1:]))
            ):
                own = cells.encode(_patches_of(sample, members[group]))
                held_out[members[group]] = _nats(model, own).reshape(-1, per_field)
            fitted.append((chosen[~apart], _nats(model, codes[~apart])))
        # what a patch costs less when it was fitted to, on average
        gap = float(np.mean([(held_out.ravel()[at] - nats).mean() for at, nats in fitted]))
        step = cells.log_step_nats
        # both models were fitted to equally many patches: biases are opposite and equal
        return CrossEntropy(held_out + step, held_out - gap + step, 0.5)


def _chosen(
    training: Indices, per_field: int, values_per_patch: int, most_values: int
) -> tuple[Indices, NDArray[np.bool_]]:
    """Choose patches to fit to, evenly, and those set apart: whole fields if there are enough.

    Returns
    -------
    chosen
        (n,) field * per_field + patch.
    apart
        (n,).
    """
    every = (training[:, None] * per_field + np.arange(per_field)).ravel()
    wanted = max(_LEAST_FITTED, most_values // values_per_patch)
    place = np.unique(np.linspace(0, every.size - 1, min(wanted, every.size)).astype(np.intp))
    if training.size >= _EVERY:
        apart = (place // per_field) % _EVERY == _EVERY - 1
    else:
        apart = place >= every.size * (_EVERY - 1) // _EVERY
    return every[place], apart


def _patches(sample: Sample, chosen: Indices) -> NDArray[np.generic]:
    """(n, d) patches by their numbers, fields in rising order."""
    per_field = sample.n_repeats * sample.places.shape[1]
    field, patch = np.divmod(chosen, per_field)
    fields, own = np.unique(field, return_inverse=True)
    share = np.broadcast_to(sample.frames[:1], (fields.size, *sample.frames.shape[1:]))
    parts = []
    for group in field_groups(share):
        here = (own >= group.start) & (own < group.stop)
        at = (own[here] - group.start) * per_field + patch[here]
        parts.append(_patches_of(sample, fields[group])[at])
    return np.concatenate(parts)


def _patches_of(sample: Sample, fields: Indices) -> NDArray[np.generic]:
    """All patches (n, d) of some fields."""
    return sample.some(fields).raw_patches.reshape(-1, sample.values_per_patch)


def _nats(model: PredictiveModel, codes: NDArray[np.int32]) -> Floats:
    step = max(1, _VALUES_AT_ONCE // codes.shape[1])
    return np.concatenate([model.nats(codes[i : i + step]) for i in range(0, len(codes), step)])


ESTIMATOR = Predictive()
"""Estimator of H(Y), as the registry finds it."""
