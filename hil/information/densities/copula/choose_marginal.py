"""The distributions of one pixel that a sample is tried under, and the choice between them.

K : folds     L : codes     F, R, T, d : as in `sample`

The distribution of one pixel is the smoothed histogram (`marginal`). Where a pixel's neighbours
say most of it, a distribution of few parameters may serve better (`warped_distribution`): that is
tried on patches held out. Each channel has a distribution of its own, and so has each class of
pixels, where a camera's maps say that their noise differs and patches that are held out agree
(`choose_distributions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from drivers.types import Floats
from hil.information.densities.copula.coded_frames import CodedFrames
from hil.information.densities.copula.marginal import clipped, fit_marginals
from hil.information.densities.copula.model import CopulaModel
from hil.information.densities.copula.normal_scores import NormalScores
from hil.information.densities.copula.parametric_marginal import NORMAL, warped_distributions, warps
from hil.information.densities.copula.scored_fields import ScoredFields
from hil.information.densities.copula.scores_by_class import ScoresByClass
from hil.information.sample.sample import Sample

Distribution = NormalScores | ScoresByClass
Distributions = tuple[Distribution, ...]  # of each channel

# Median over pixels of the standard deviation of a score given its neighbours, of all that it has:
# below the first a distribution of few parameters is taken whenever it serves better; between the
# two, where the histogram does nearly as well for most scenes, if it gains more than a margin
# (beads behind a lenslet: 0.14 bit at 0.52, 0.05 at 0.64, which without it would show as a step
# where light rises).
_SMOOTH, _PARTLY_SMOOTH = 0.5, 0.75
_MARGIN_NATS = 0.02


class Joint(Protocol):
    """Joins the pixels of a patch."""

    def __call__(self, training: Sequence[ScoredFields]) -> list[CopulaModel]:
        """Fit a model to each training set: all fields first, then all but those of each fold."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, by patches that were held out.

    Parameters
    ----------
    name
        Of the distribution.
    distributions
        For all folds, then for all but each.
    models
        Of the same.
    held_out_nats
        (F, R * T) of each patch, under the model of the other folds.
    """

    name: str
    distributions: list[Distributions]
    models: list[CopulaModel]
    held_out_nats: Floats


class CodedSample:
    """A sample as codes, with the distributions of one pixel for all folds and for all but each.

    Parameters
    ----------
    sample
        Frames in ADU.
    by_class
        Whether pixels of each of `Sample.kinds` are under a distribution of their own.
    """

    def __init__(self, sample: Sample, by_class: bool = False) -> None:
        self.sample = sample
        self._codes = CodedFrames(sample, by_class)
        self._counts = self._codes.counts()
        self._by_class = self._codes.n_classes > 1
        found = [
            _histogram_distributions(*own, n_classes=self._codes.n_classes)
            for own in zip(self._counts, self._codes.noise_variance, self._codes.combs, strict=True)
        ]
        self._histogram = _by_set([distributions for distributions, _ in found])
        codes = [coding.n_codes for coding in self._codes.codings]
        bandwidths = [bandwidth for _, bandwidth in found]
        several = sample.n_channels > 1
        self.details: dict[str, Any] = {
            "marginal_codes": codes if several else codes[0],
            "marginal_bandwidth": bandwidths if several else bandwidths[0],
        }

    @property
    def log_step_nats(self) -> float:
        """What the entropy of a pixel has beyond that of its code."""
        return float(np.mean([coding.log_step_nats for coding in self._codes.codings]))

    def chosen_distributions(self, joint: Joint) -> Choice:
        """Choose the distribution of one pixel that goes best with ``joint``.

        The smoothed histogram, unless a pixel's neighbours say most of it already: then the
        distributions of `warped_distribution` are tried too. As in `best`, the choice is made
        once: were each fold's made by the others, a fold that shows a distribution to be wrong
              would be the one to be given it.
        """
        name = "histogram by class of pixels" if self._by_class else "histogram"
        candidates = {name: self._histogram}
        models = [self.models(self._histogram, joint)]
        left = float(np.median(models[0][0].deviation))
        if left < _PARTLY_SMOOTH and not self._by_class:
            candidates |= self._warped
            models += [self.models(distributions, joint) for distributions in self._warped.values()]
        held_out = [self.held_out_nats(own) for own in models]
        means = np.array([own.mean() for own in held_out])
        means[0] -= 0.0 if left < _SMOOTH else _MARGIN_NATS
        best = int(np.argmin(means))
        name, distributions = list(candidates.items())[best]
        return Choice(name, distributions, models[best], held_out[best])

    def models(self, distributions: Sequence[Distributions], joint: Joint) -> list[CopulaModel]:
        """Fit to all folds, then to all but each, under the distributions of each."""
        fold = self.sample.fold
        members = [np.flatnonzero(fold != k) for k in range(-1, self.sample.n_folds)]
        return joint(
            [
                ScoredFields(own, self._codes, of)
                for own, of in zip(distributions, members, strict=True)
            ]
        )

    def held_out_nats(self, models: Sequence[CopulaModel]) -> Floats:
        """-ln q of each patch, (F, R * T), under the model of the other folds, nats per pixel."""
        return self._nats([models[1 + k] for k in range(self.sample.n_folds)])

    def in_sample_nats(self, models: Sequence[CopulaModel]) -> Floats:
        """-ln q of each patch, (F, R * T), under the model of all folds, nats per pixel."""
        return self._nats([models[0]] * self.sample.n_folds)

    def _nats(self, of_fold: Sequence[CopulaModel]) -> Floats:
        sample = self.sample
        result = np.empty((sample.n_fields, sample.n_repeats * sample.places.shape[1]))
        for k, model in enumerate(of_fold):
            for group in self._codes.groups(np.flatnonzero(sample.fold == k)):
                result[group] = model.nats_per_pixel(self._codes.some(group).raw_patches)
        return result

    @cached_property
    def _warped(self) -> dict[str, list[Distributions]]:
        """Distributions of few parameters, by name; normal where a channel has none of a name.

        Where pixels clip each is tried in both forms, since the last code's score may be its place
        or the mean of all that it stands for.
        """
        channels: list[dict[str, list[NormalScores]]] = []
        clips = [clipped(counts.sum(axis=0)) for counts in self._counts]
        for counts, variance in zip(self._counts, self._codes.noise_variance, strict=True):
            total = counts.sum(axis=0)
            sets = np.concatenate([total[None], total - counts])
            channels.append(
                {name: warped_distributions(sets, u) for name, u in warps(variance).items()}
            )
        names = dict.fromkeys(name for fits in channels for name in fits)
        found = {name: [fits.get(name, fits[NORMAL]) for fits in channels] for name in names}
        if any(clips):
            found |= {
                f"{name}, clipped": [
                    [NormalScores(distribution.probability) for distribution in own]
                    if clip
                    else own
                    for own, clip in zip(fits, clips, strict=True)
                ]
                for name, fits in found.items()
            }
        return {name: _by_set(fits) for name, fits in found.items()}


def choose_distributions(sample: Sample, joint: Joint) -> tuple[CodedSample, Choice]:
    """Choose the distributions of one pixel, for all or for each class, by patches held out."""
    codes = CodedSample(sample)
    choice = codes.chosen_distributions(joint)
    if sample.kinds is None:
        return codes, choice
    by_class = CodedSample(sample, by_class=True)
    own = by_class.chosen_distributions(joint)
    if own.held_out_nats.mean() < choice.held_out_nats.mean():
        return by_class, own
    return codes, choice


def _histogram_distributions(
    counts: Floats, variance: Floats, combs: Sequence[Floats | None], n_classes: int
) -> tuple[list[Distribution], float]:
    """Distributions of all folds, then of all but each; with the bandwidth of the first (class)."""
    fits = [
        fit_marginals(own, v, combs)
        for own, v in zip(
            np.split(counts, n_classes, axis=1), np.split(variance, n_classes), strict=True
        )
    ]
    distributions = [[NormalScores(q) for q in (fit[0], *fit[1])] for fit in fits]
    if n_classes == 1:
        return list(distributions[0]), fits[0][2][0]
    seen = counts.sum(axis=0).reshape(n_classes, -1).sum(axis=1)
    weights = seen / seen.sum()
    return [ScoresByClass(own, weights) for own in zip(*distributions, strict=True)], fits[0][2][0]


def _by_set(channels: Sequence[Sequence[Distribution]]) -> list[Distributions]:
    """Turn each channel's distributions of all training sets into each set's of all channels."""
    return list(zip(*channels, strict=True))
