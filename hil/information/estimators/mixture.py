"""Few scenes, each seen through the known noise: a mixture with the noise as its kernel.

For measurements of a finite set of objects, patterns or symbols, in any noise that the project
knows. Scenes without number are no case for it; `best` finds out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.mixture.channel_kernel import sample_kernel, variance_lines
from hil.information.densities.mixture.model import TemplateMixture, fit_templates
from hil.information.densities.mixture.scenes import TemplateScenes
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample


class Mixture:
    """See the module."""

    traits = Traits(compared="if near", on_codes=True)
    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        kernel, lines = sample_kernel(sample), variance_lines(sample)
        places = sample.places.shape[1]

        def fitted(members: NDArray[np.bool_]) -> TemplateMixture:
            scenes = TemplateScenes(sample, np.flatnonzero(members))
            return fit_templates(kernel, scenes, lines, np.random.default_rng(sample.seed))

        def scored(model: TemplateMixture, members: NDArray[np.bool_]) -> Floats:
            scenes = TemplateScenes(sample, np.flatnonzero(members))
            nats = np.concatenate([_nats(model, y) for y in scenes.groups()])
            by_field = nats.reshape(-1, places, sample.n_repeats).swapaxes(1, 2)
            return by_field.reshape(by_field.shape[0], -1)

        everything = np.ones(sample.n_fields, dtype=bool)
        model = fitted(everything)
        in_sample = scored(model, everything)
        held_out = np.empty_like(in_sample)
        for fold in range(sample.n_folds):
            members = sample.fold == fold
            held_out[members] = scored(fitted(~members), members)
        weight = half_sum_weight(sample.n_folds)
        return CrossEntropy(held_out, in_sample, weight, {"scenes": model.log_weights.size})


def _nats(model: TemplateMixture, scenes: Floats) -> Floats:
    """(k, R) nats per pixel of scenes (k, R, d)."""
    k, repeats, d = scenes.shape
    return model.nats_per_pixel(scenes.reshape(-1, d)).reshape(k, repeats)


ESTIMATOR = Mixture()
"""Estimator of H(Y), as the registry finds it."""
