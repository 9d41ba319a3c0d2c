"""Information in whole frames of one kind of scene: objects, apertures, sinograms.

Where a frame shows one thing, what its parts say is the same news again, and the sum over patches
counts it many times. Here the frame is one vector: in units of each value's noise its covariance is
I + S, S of few directions, and ``1/2 log2 det(I + S)`` is what a Gaussian of this covariance tells.
From n frames, far fewer than pixels, the eigenvalues are corrected for what noise alone spreads
(`densities.low_rank.spectrum`). Frames of few kinds tell which kind, and what varies within it:
where that is less, it is taken (`densities.low_rank.kinds`).

A frame's information is at most the sum over its patches, so that where `predictive` (of real
numbers `stationary`) finds less, that is what is said: textures, where every patch is news, and few
photons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.errors import InputError
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


@dataclass(frozen=True)
class _Found:
    """One repeat of all fields: nats a frame, of all, and (F,) -ln q of each."""

    information: float
    directions: int
    kinds: int
    held_out: Floats


class WholeFrame:
    """See the module."""

    traits = Traits()
    needed_patches = NEEDED_FIELDS

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        _check(sample)
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


def _check(sample: Sample) -> None:
    n = 1 if sample.one_scene else sample.n_fields
    if n < NEEDED_FIELDS:
        raise InputError(
            "frames",
            "",
            f"are {n} fields of view; allowed: {NEEDED_FIELDS} or more, since whole_frame takes a "
            "frame as one scene",
        )
    if len(sample.places) > 1:
        raise InputError(
            "n_patches", "", "takes other patches of each frame; allowed: none with whole_frame"
        )


def _of_repeat(sample: Sample, units: NoiseUnits, repeat: int) -> _Found:
    products = inner_products(sample, units, repeat)
    values, everyone = len(units.mean_adu), np.arange(sample.n_fields)
    information = Directions(products, everyone, values).spectrum
    held_out = np.empty(sample.n_fields)
    for fold in range(sample.n_folds):
        others = everyone[sample.fold == fold]
        known = Directions(products, everyone[sample.fold != fold], values)
        held_out[others] = known.nats(others)
    gaussian = information.information_nats
    kinds = best_kinds(products, values, sample.fold, np.random.default_rng(sample.seed))
    few = kinds is not None and kinds.information_nats < gaussian
    return _Found(
        kinds.information_nats if kinds is not None and few else gaussian,
        len(information.spikes),
        kinds.number if kinds is not None and few else 1,
        held_out,
    )


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
