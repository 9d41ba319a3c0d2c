"""Few scenes, each seen through the known noise: a mixture with the noise as its kernel.

For measurements of a finite set of objects, patterns or symbols, in any noise that the project
knows. Scenes without number are no case for it; `best` finds out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.information.channel_kernel import sample_kernel, variance_lines
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.sample import Sample
from hil.information.template_mixture import fit_templates

Floats = NDArray[np.float64]


class Mixture:
    """See the module."""

    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        kernel, lines = sample_kernel(sample), variance_lines(sample)
        raw = sample.raw_patches
        d = raw.shape[2]

        def fitted(members: NDArray[np.bool_]) -> tuple[Floats, int]:
            part = raw[members]
            scenes = part.reshape(part.shape[0], sample.n_repeats, -1, d).swapaxes(1, 2)
            y = scenes.reshape(-1, sample.n_repeats, d).astype(np.float64)
            model = fit_templates(kernel, y, lines, np.random.default_rng(sample.seed))
            scored = raw[members] if members.all() else raw[~members]
            nats = model.nats_per_pixel(scored.reshape(-1, d))
            return nats.reshape(scored.shape[:2]), model.log_weights.size

        in_sample, n_scenes = fitted(np.ones(sample.n_fields, dtype=bool))
        held_out = np.empty_like(in_sample)
        for fold in range(sample.n_folds):
            members = sample.fold == fold
            held_out[members], _ = fitted(~members)
        weight = half_sum_weight(sample.n_folds)
        return CrossEntropy(held_out, in_sample, weight, {"scenes": n_scenes})


ESTIMATOR = Mixture()
"""Estimator of H(Y), as the registry finds it."""
