"""A sample as codes, the laws of one pixel that it is tried under, and the choice between them.

K : folds     L : codes     F, R, T, d : as in `sample`

The law of one pixel is the smoothed histogram (`marginal`). Where a pixel's neighbours say most of
it, a law of few parameters may serve better (`warped_law`): that is tried on patches held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.copula_model import CopulaModel
from hil.information.marginal import Coding, fit_marginals, noise_variance
from hil.information.normal_scores import NormalScores
from hil.information.sample import Sample
from hil.information.warped_law import warped_laws, warps

Floats = NDArray[np.float64]

_FLOOR_SHARE = 0.9  # of the noise's variance in the scores, which is known to first order only
_SMOOTH = 0.5  # standard deviation of a score given its neighbours, of all that it has


class Joint(Protocol):
    """Joins the pixels of a patch: from scores of training fields to a model."""

    def __call__(self, scores: NormalScores, sample: Sample) -> CopulaModel:
        """Fit.

        Parameters
        ----------
        scores
            The marginal law.
        sample
            Frames of the training fields as scores, with the noise's variance in them.
        """
        ...


@dataclass(frozen=True, slots=True)
class MarginalLaws:
    """Laws of one pixel of one kind.

    Parameters
    ----------
    name
        Of the kind.
    everything
        (L,) q of all folds.
    others
        (K, L) q of all folds but one.
    """

    name: str
    everything: Floats
    others: Floats


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, by patches that were held out.

    Parameters
    ----------
    laws
        For all folds, then for each fold, which had no say.
    in_sample
        The model of all folds.
    held_out_nats
        (F, R * T) of each patch, under the model of the other folds.
    """

    laws: list[MarginalLaws]
    in_sample: CopulaModel
    held_out_nats: Floats


class CodedSample:
    """A sample as codes, with the marginal laws of all folds.

    Parameters
    ----------
    sample
        Frames in ADU.
    coding
        Of those frames.
    """

    def __init__(self, sample: Sample, coding: Coding) -> None:
        self.sample = sample
        self.coding = coding
        frames = coding.encode(sample.frames)
        self._as_codes = replace(sample, frames=frames)
        self._variance = noise_variance(sample, coding)
        counts = np.array(
            [
                np.bincount(
                    sample.pixels(frames, np.flatnonzero(sample.fold == fold)),
                    minlength=coding.n_codes,
                )
                for fold in range(sample.n_folds)
            ],
            dtype=np.float64,
        )
        self._counts = counts
        law, laws, bandwidths = fit_marginals(counts, self._variance)
        self._histogram = MarginalLaws("histogram", law, laws)
        self.details: dict[str, Any] = {
            "marginal_codes": coding.n_codes,
            "marginal_bandwidth": bandwidths[0],
        }

    @classmethod
    def of(cls, sample: Sample) -> CodedSample:
        """Code the frames of ``sample``.

        Raises
        ------
        InputError
            Where they have several channels.
        """
        if sample.n_channels > 1:
            raise InputError("estimator", "", "copula takes frames of one channel so far")
        return cls(sample, Coding.of(sample))

    @property
    def patches(self) -> NDArray[np.int32]:
        """(F, R * T, d) codes."""
        return self._as_codes.raw_patches

    def chosen_laws(self, joint: Joint) -> Choice:
        """Choose the law of one pixel that goes best with ``joint``.

        The smoothed histogram, unless a pixel's neighbours say most of it already: then the laws of
        `warped_law` are tried too.
        """
        candidates = [self._histogram]
        models = [self.model(self._histogram, None, joint)]
        if float(np.median(models[0].deviation)) < _SMOOTH:
            candidates += self._warped()
        held_out = np.stack([self.held_out_nats(laws, joint) for laws in candidates])
        # (candidates, K) nats of each fold
        fold = self.sample.fold
        per_fold = np.stack(
            [held_out[:, fold == k].sum(axis=(1, 2)) for k in range(self.sample.n_folds)], axis=1
        )
        sums = per_fold.sum(axis=1, keepdims=True)
        best = int(sums.argmin())
        each = (sums - per_fold).argmin(axis=0)
        if best > 0:
            models.append(self.model(candidates[best], None, joint))
        return Choice(
            [candidates[i] for i in (best, *each)],
            models[-1],
            held_out[each[fold], np.arange(fold.size)],
        )

    def held_out_nats(self, laws: MarginalLaws | Sequence[MarginalLaws], joint: Joint) -> Floats:
        """-ln q of each patch, (F, R * T), under the model of the other folds, nats per pixel.

        Parameters
        ----------
        laws
            Of one pixel; a sequence has one for each fold.
        """
        result = np.empty(self.patches.shape[:2])
        for k in range(self.sample.n_folds):
            members = self.sample.fold == k
            own = laws if isinstance(laws, MarginalLaws) else laws[k]
            result[members] = self.model(own, k, joint).nats_per_pixel(self.patches[members])
        return result

    def model(self, laws: MarginalLaws, left_out: int | None, joint: Joint) -> CopulaModel:
        """Fit to all folds, or to all but one."""
        codes = self._as_codes
        if left_out is None:
            scores = NormalScores(laws.everything)
        else:
            scores = NormalScores(laws.others[left_out])
            codes = codes.some(np.flatnonzero(self.sample.fold != left_out))
        training = replace(
            codes,
            frames=scores.score.astype(np.float32)[codes.frames],
            mean_adu=0.0,
            noise_variance_adu2=_FLOOR_SHARE * scores.slope2_mean(self._variance),
            discrete=False,
            noise=None,
        )
        return joint(scores, training)

    def _warped(self) -> list[MarginalLaws]:
        total = self._counts.sum(axis=0)
        sets = np.concatenate([total[None], total - self._counts])
        fits = {name: warped_laws(sets, u) for name, u in warps(self._variance).items()}
        return [MarginalLaws(name, fit[0], fit[1:]) for name, fit in fits.items()]
