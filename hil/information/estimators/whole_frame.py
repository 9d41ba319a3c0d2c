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
from dataclasses import replace

import numpy as np

from hil.information.conditional_entropy import conditional_nats
from hil.information.densities.low_rank.frames import noise_units
from hil.information.densities.low_rank.whole_frames import (
    FrameInformation,
    frame_information,
    only_patches,
)
from hil.information.registry import CrossEntropy, Traits, find_estimator
from hil.information.sample.sample import Sample


class WholeFrame:
    """See the module."""

    traits = Traits(whole_frames=True)
    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        if reason := only_patches(sample):
            told = {"whole_frame_reason": reason}
            return replace(_local(sample), details=told, chosen=_local_name(sample))
        units = noise_units(sample)
        found = frame_information(sample, units)
        d = len(units.mean)
        n_places = sample.places.shape[1]
        noise, _ = conditional_nats(sample)
        noise = noise.reshape(sample.n_fields, sample.n_repeats, n_places)
        held_out = np.stack([one.held_out for one in found], axis=1) / d + units.log_sd_nats
        held_out -= units.log_step_nats
        information = float(np.mean([one.information for one in found])) / d + units.uneven_nats
        about = held_out - held_out.mean()
        corrected = noise + (information + about)[:, :, None]
        bound = np.broadcast_to(held_out[:, :, None], noise.shape)
        shape = (sample.n_fields, sample.n_repeats * n_places)
        whole = CrossEntropy(
            corrected.reshape(shape), corrected.reshape(shape), 1.0, {}, bound.reshape(shape)
        )
        return _lower(whole, _local(sample), float(noise.mean()), found)


def _local_name(sample: Sample) -> str:
    return "predictive" if sample.discrete else "stationary"


def _local(sample: Sample) -> CrossEntropy:
    return find_estimator(_local_name(sample)).cross_entropy(sample)


def _lower(
    whole: CrossEntropy, local: CrossEntropy, noise_nats: float, found: list[FrameInformation]
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
