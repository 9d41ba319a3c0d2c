"""Information in whole frames of one kind of scene: objects, apertures, sinograms.

Where a frame shows one thing, what its parts say is the same news again, and the sum over patches
counts it many times. Here the frame is one vector: in units of each value's noise its covariance is
I + S, S of few directions, and ``1/2 log2 det(I + S)`` is what a Gaussian of this covariance tells.
From n frames, far fewer than pixels, the eigenvalues are corrected for what noise alone spreads
(`densities.low_rank.spectrum`). Frames of few kinds tell which kind, and what varies within it:
where that is less, it is taken (`densities.low_rank.kinds`).

A frame's information is at most the sum over its patches, so that where `predictive` (of real
numbers `stationary`) finds less, that is what is said: textures, where every patch is news, and few
photons. With fewer than 20 fields of view, or other patches in each, there is only that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from drivers.types import Floats
from hil.information.conditional_entropy import conditional_nats
from hil.information.densities.low_rank.frames import (
    Directions,
    NoiseUnits,
    inner_products,
    noise_units,
)
from hil.information.densities.low_rank.kinds import best_kinds
from hil.information.registry import CrossEntropy, Traits, find_estimator
from hil.information.sample.sample import Sample

NEEDED_FIELDS = 20
_FIELDS_AT_ONCE = 500
_GROUPS_WITH_KINDS = 2


@dataclass(frozen=True)
class _Found:
    """One repeat: nats a frame, of all fields, and (F,) -ln q of each; what kinds take off."""

    information: float
    directions: int
    kinds: int
    held_out: Floats
    of_kinds: float


class WholeFrame:
    """See the module."""

    traits = Traits()
    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        if reason := _only_patches(sample):
            return replace(_local(sample), details={"whole_frame_reason": reason})
        units = noise_units(sample)
        found = [_of_repeat(sample, units, repeat) for repeat in range(sample.n_repeats)]
        d = len(units.mean_adu)
        n_places = sample.places.shape[1]
        noise, _ = conditional_nats(sample)
        noise = noise.reshape(sample.n_fields, sample.n_repeats, n_places)
        held_out = np.stack([one.held_out for one in found], axis=1) / d + units.log_sd_nats
        information = float(np.mean([one.information for one in found])) / d
        about = held_out - held_out.mean()
        corrected = noise + (information + about)[:, :, None]
        bound = np.broadcast_to(held_out[:, :, None], noise.shape)
        shape = (sample.n_fields, sample.n_repeats * n_places)
        whole = CrossEntropy(
            corrected.reshape(shape), corrected.reshape(shape), 1.0, {}, bound.reshape(shape)
        )
        return _lower(whole, _local(sample), float(noise.mean()), found)


def _only_patches(sample: Sample) -> str:
    """Say why there is no density of whole frames; empty if there is."""
    n = 1 if sample.one_scene else sample.n_fields
    if n < NEEDED_FIELDS:
        return f"{n} fields of view; {NEEDED_FIELDS} are needed, since a frame is one scene"
    if len(sample.places) > 1:
        return "other patches are taken of each frame"
    return ""


def _of_repeat(sample: Sample, units: NoiseUnits, repeat: int) -> _Found:
    """Put groups of fields together: the cost grows with the cube of the number in each."""
    n_groups = -(-sample.n_fields // _FIELDS_AT_ONCE)
    fields = [np.arange(group, sample.n_fields, n_groups) for group in range(n_groups)]
    held_out = np.empty(sample.n_fields)
    found = []
    for number, own in enumerate(fields):
        part = sample.some(own)
        found.append(_of_group(part, units, repeat, with_kinds=number < _GROUPS_WITH_KINDS))
        held_out[own] = found[-1].held_out
    of_kinds = float(np.mean([one.of_kinds for one in found[:_GROUPS_WITH_KINDS]]))
    return _Found(
        float(np.mean([one.information for one in found])) - of_kinds,
        max(one.directions for one in found),
        max(one.kinds for one in found),
        held_out,
        of_kinds,
    )


def _of_group(sample: Sample, units: NoiseUnits, repeat: int, *, with_kinds: bool) -> _Found:
    products = inner_products(sample, units, repeat)
    values, everyone = len(units.mean_adu), np.arange(sample.n_fields)
    information = Directions(products, everyone, values).spectrum
    held_out = np.empty(sample.n_fields)
    for fold in range(sample.n_folds):
        others = everyone[sample.fold == fold]
        known = Directions(products, everyone[sample.fold != fold], values)
        held_out[others] = known.nats(others)
    gaussian, kinds = information.information_nats, None
    if with_kinds:
        kinds = best_kinds(products, values, sample.fold, np.random.default_rng(sample.seed))
    less = 0.0 if kinds is None else max(0.0, gaussian - kinds.information_nats)
    number = kinds.number if kinds is not None and less > 0 else 1
    return _Found(gaussian, len(information.spikes), number, held_out, less)


def _local(sample: Sample) -> CrossEntropy:
    name = "predictive" if sample.discrete else "stationary"
    return find_estimator(name).cross_entropy(sample)


def _lower(
    whole: CrossEntropy, local: CrossEntropy, noise_nats: float, found: list[_Found]
) -> CrossEntropy:
    """Whichever says less: both are above what frames tell."""
    bits = {
        "whole_frame_bits": (float(whole.corrected_nats.mean()) - noise_nats) / math.log(2),
        "patches_bits": (float(local.corrected_nats.mean()) - noise_nats) / math.log(2),
        "directions": max(one.directions for one in found),
        "kinds": max(one.kinds for one in found),
    }
    lower = whole if bits["whole_frame_bits"] <= bits["patches_bits"] else local
    tightest = min(whole, local, key=lambda one: one.upper_nats)
    bound = tightest.held_out_nats if tightest.bound_nats is None else tightest.bound_nats
    return CrossEntropy(
        lower.held_out_nats,
        lower.in_sample_nats,
        lower.held_out_weight,
        {**lower.details, **bits},
        bound,
        lower.flags,
    )


ESTIMATOR = WholeFrame()
"""Estimator of H(Y), as the registry finds it."""
