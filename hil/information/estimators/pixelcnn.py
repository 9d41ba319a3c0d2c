"""The neural density: each pixel given all before it (van den Oord et al., NeurIPS 2016).

Masked gated convolutions and a running sum over the whole past give, for each pixel, a mixture of
normals on the residual of the best linear prediction; integers take the mixture's probability of
their bin, clipped ends included (Salimans et al., ICLR 2017). Training starts at the Gaussian's or
the Gaussian copula's cross-entropy and keeps only what lowers it on fields set aside, so that the
bound is theirs or better. See `hil.information.densities.neural` for the parts.

The point estimate is the held-out bound: training that stops early leaves no known balance between
held-out and in-sample errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import InputError
from hil.information.registry import CrossEntropy, Traits
from hil.information.sample.sample import Sample

if TYPE_CHECKING:  # torch takes seconds to import, and is not needed to say what this is
    from hil.information.densities.neural.network import NetworkShape
    from hil.information.densities.neural.training import Schedule, TrainingProgress, Weights


class PixelCNN:
    """See the module.

    Parameters
    ----------
    shape
        Sizes of the network; patch size and channels are taken from the frames.
    schedule
        Of training that starts from nothing.
    keep_warm
        Start each measurement from the weights that the last one left, fold by fold: for trials
        that visit the same fields of view.
    device
        ``"cpu"``, ``"cuda"``, ...; None for a GPU where there is one.
    told
        Called with `TrainingProgress` from a worker thread.
    """

    traits = Traits(on_codes=True)
    needed_patches = 64

    def __init__(
        self,
        shape: NetworkShape | None = None,
        schedule: Schedule | None = None,
        *,
        keep_warm: bool = False,
        device: str | None = None,
        told: Callable[[TrainingProgress], None] | None = None,
    ) -> None:
        self._given_shape = shape
        self._given_schedule = schedule
        self._keep_warm = keep_warm
        self._device = device
        self._told = told
        self._weights: dict[int, Weights] = {}

    @property
    def _shape(self) -> NetworkShape:
        from hil.information.densities.neural.network import NetworkShape

        return self._given_shape or NetworkShape(patch_size=16)

    @property
    def _schedule(self) -> Schedule:
        from hil.information.densities.neural.training import Schedule

        return self._given_schedule or Schedule()

    @property
    def weights(self) -> Mapping[int, Weights]:
        """State dicts by fold: of the last measurement with ``keep_warm``, or as loaded."""
        return self._weights

    def save(self, path: str | Path) -> None:
        """Write `weights` to a file.

        Raises
        ------
        InputError
            Where there are none yet.
        """
        from hil.information.densities.neural.weights_file import save_weights

        if not self._weights:
            raise InputError(str(path), "", "nothing to save: no measurement with keep_warm yet")
        save_weights(path, self._shape, self._weights)

    def load(self, path: str | Path) -> None:
        """Start the next measurement from the weights in a file.

        Raises
        ------
        InputError
            Where the file holds none.
        """
        from hil.information.densities.neural.weights_file import load_weights

        self._given_shape, self._weights = load_weights(path)

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`.

        Raises
        ------
        InputError
            Where weights of an earlier measurement fit neither the patches nor the folds.
        """
        from hil.information.densities.neural.cross_fit import (
            Fitting,
            cross_fit,
            held_out_and_in_sample,
            quick,
        )
        from hil.information.densities.neural.patch_set import PatchSet

        patches = PatchSet.of(sample).with_crops(sample)
        shape = replace(self._shape, patch_size=patches.p, channels=patches.channels)
        if self._weights and (shape != self._shape or len(self._weights) != patches.n_folds):
            raise InputError(
                "pixelcnn",
                "weights",
                f"are of {len(self._weights)} folds of patches of {self._shape.patch_size} pixels, "
                f"and these are {patches.n_folds} of {shape.patch_size}",
            )
        fitting = Fitting(
            self._schedule, quick(self._schedule), sample.seed, self._device, self._told
        )
        folds = cross_fit(patches, shape, fitting, self._weights or None)
        if self._keep_warm:
            self._given_shape = shape
            self._weights = {k: fold.weights for k, fold in enumerate(folds)}
        held_out, in_sample = held_out_and_in_sample(patches, folds)
        details = {
            "starts": [fold.start for fold in folds],
            "steps": [fold.steps for fold in folds],
            "gain_nats": [fold.start_nats - fold.stop_nats for fold in folds],
        }
        return CrossEntropy(held_out, in_sample, 1.0, details)


ESTIMATOR = PixelCNN()
