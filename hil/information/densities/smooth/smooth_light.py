"""Patches of smooth light, told by the surface on which they lie (`surfaces`, `templates`).

    q(y) = sum_k pi_k prod_i q(y_i | earlier values, k) >= some of the largest terms

Each factor is a probability on the codes: cells of the distribution of a prediction's errors, by
class (`surface_law`). The few kinds that all of a patch makes the likeliest are taken for the sum:
what is left out makes q less, so that the cross-entropy stays a bound from above.

Pixel by pixel, smooth light is told from its nearest neighbours, and what a patch has by now shown
of it as a whole is used by few kinds of patches (`predictive.clusters`). That serves where light is
nearly level over a patch. Stripes and fringes of much contrast are bent surfaces that take many.

Kinds of patches as they are, at any place, and of turned ones as well, which fields at other angles
are like, serve where patches differ in many ways by a little. Templates, turned, serve where they
differ in few ways by much. All are mixed with predictions, patch by patch, with weights that are
learnt, and fitted only where a look says that light is smooth, and that a few gain something.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Cells
from hil.information.densities.predictive.coded_patches import CodedPatches
from hil.information.densities.predictive.linear import LinearPredictor
from hil.information.densities.predictive.two_levels import mixed_nats, patch_weights
from hil.information.densities.smooth.anywhere import patches_anywhere
from hil.information.densities.smooth.denoised import DenoisedFields, window_variances
from hil.information.densities.smooth.seen import SeenAnywhere, points_of
from hil.information.densities.smooth.surface_law import SurfaceLaw
from hil.information.densities.smooth.surfaces import Surfaces
from hil.information.densities.smooth.templates import Templates
from hil.information.sample.sample import Sample

Integers = NDArray[np.intp]
Told = Literal["anywhere", "turned", "templates"]
"""By kinds of patches at any place, or at any angle as well, or by templates at any angle."""

_LEAST_PATCH, _MOST_VALUES = 4, 1024
_DIRECTIONS = 16
_MOST_KINDS, _KIND_VALUES = 128, 2**14  # of turned patches; half as many of others
_MOST_SAMPLES, _SAMPLE_VALUES = 2**13, 2**19
_MOST_TEMPLATES, _TEMPLATE_VALUES = 2**14, 2**20
_FEWER, _SOME_FEWER = 16, 4
_FEW_KINDS, _FEW_SAMPLES, _FEW_VALUES = 32, 2**11, 2**18
_MOST_FIELDS, _FEW_FIELDS = 12, 3  # that templates are taken from
_TRIED = 512  # patches that are looked at
_WINDOW, _LOOKED_AT, _OF_A_FRAME = 8, 2, 32  # pixels, frames, and directions in each of them
_MOST_BEYOND_NATS = 0.12  # of a value, that all other directions have above the noise
_LEAST_NATS = 0.02  # of a value: what there must be above the noise
_NO_GAIN_NATS = 4e-3
_LEAST_GAIN_NATS = 2e-3  # of a value, by which one of several is left out
_FITTED_SHARE = 0.55  # of fields, that a fold's surfaces are fitted to
_KINDS_TERMS, _TEMPLATE_TERMS = 2, 16
_NORMAL = 0.5 * math.log(2 * math.pi * math.e)


@dataclass(frozen=True)
class SmoothLight:
    """See the module.

    Parameters
    ----------
    cells
        Of the codes.
    laws, by
        Of each term, and by what it tells.
    fewer
        By a quarter of the templates: of no weight, but it tells what more of them would.
    """

    cells: Cells
    laws: tuple[SurfaceLaw, ...]
    by: tuple[Told, ...]
    fewer: SurfaceLaw | None = None

    @classmethod
    def fit(
        cls,
        sample: Sample,
        cells: Cells,
        told: tuple[Told, ...],
        fields: Integers,
        judged: CodedPatches,
        seen: SeenAnywhere,
    ) -> SmoothLight:
        """Fit what is told by to some fields, and errors to patches of others."""
        rng = np.random.default_rng(sample.seed)
        d = sample.values_per_patch
        most = min(_MOST_KINDS, _KIND_VALUES // d)
        n = min(_MOST_SAMPLES, _SAMPLE_VALUES // d)
        laws: list[SurfaceLaw] = []
        fewer: SurfaceLaw | None = None
        by: list[Told] = []
        for one in (one for one in told if one != "templates"):
            turned = one == "turned"
            u = patches_anywhere(
                seen.frames.stabilised(fields), sample.patch_size, n, rng, turned=turned
            )
            surfaces = Surfaces.fit(u, most if turned else most // 2, _DIRECTIONS, rng)
            laws.append(SurfaceLaw.fit(surfaces, _KINDS_TERMS, cells, judged.codes))
            by.append(one)
        if "templates" in told:
            some = _evenly(fields, _MOST_FIELDS)
            every = Templates.of(seen(some), seen.frames(some)[1])
            # where light is dim, fewer serve: of many, no few make up most of the sum
            first, fewer, last = (
                SurfaceLaw.fit(templates, _TEMPLATE_TERMS, cells, judged.codes)
                for templates in (every, every.every(_SOME_FEWER), every.every(_FEWER))
            )
            laws.extend([first, last])
            by.extend(["templates", "templates"])
        return cls(cells, tuple(laws), tuple(by), fewer)

    def some(self, wanted: NDArray[np.bool_]) -> SmoothLight:
        """Only some of the laws."""
        kept = np.flatnonzero(wanted)
        by = tuple(self.by[k] for k in kept)
        return replace(self, laws=tuple(self.laws[k] for k in kept), by=by)

    def nats(self, patches: CodedPatches) -> Floats:
        """-ln of each term, (n, terms), nats per patch."""
        costs = [law.nats(self.cells, patches.codes) for law in self.laws]
        return np.stack(costs, axis=1) if costs else np.empty((len(patches), 0))

    def fewer_nats(self, patches: CodedPatches) -> Floats:
        """-ln by a quarter of the templates, (n,), nats per patch."""
        assert self.fewer is not None, "there are templates"
        return self.fewer.nats(self.cells, patches.codes)


def worth_telling(
    sample: Sample,
    cells: Cells,
    linear: LinearPredictor,
    fields: Integers,
    patches: CodedPatches,
    predicted: Floats,
    seen: SeenAnywhere,
) -> tuple[Told, ...]:
    """Tell by what some patches are told better than by predictions.

    A few kinds and templates are looked at, mixed with predictions; there may be none worth it.

    Parameters
    ----------
    linear
        Prediction by the covariance of all patches.
    fields
        Others, that a few kinds are fitted to.
    patches, predicted
        Some patches, and what they cost by predictions, nats per value.
    seen
        `seen_anywhere` of the sample.
    """
    if sample.n_channels > 1 or sample.usable is not None:
        return ()
    if sample.patch_size < _LEAST_PATCH or sample.values_per_patch > _MOST_VALUES:
        return ()
    d = sample.values_per_patch
    width = np.diff(cells.channels[0].edges)
    some = np.unique(np.linspace(0, len(patches) - 1, _TRIED).astype(np.intp))
    codes = patches.codes[some]
    into_codes = -np.log(width.take(codes)).sum(axis=1)
    own = d * predicted[some]
    if own.mean() < d * _NORMAL + into_codes.mean() + d * _LEAST_NATS:
        return ()
    told = _in_few_directions(linear, fields, seen.frames)
    if not told:
        return ()
    rng = np.random.default_rng(sample.seed)
    u = cells.u.take(codes)
    costs, n = [own], min(_FEW_SAMPLES, _FEW_VALUES // d)
    for one in told:
        if one == "templates":
            frames, left = seen.frames.roughly(_evenly(fields, _FEW_FIELDS))
            few_points = points_of(seen.frames, frames, sample.patch_size, n // 2, rng)
            templates = Templates.of(few_points, left)
            costs.append(templates.nats(u, _TEMPLATE_TERMS // 2) + into_codes)
        else:
            frames = seen.frames.stabilised(fields)
            drawn = patches_anywhere(frames, sample.patch_size, n, rng, turned=one == "turned")
            few = Surfaces.fit(drawn, _FEW_KINDS, _DIRECTIONS, rng)
            costs.append(few.nats(u) + into_codes)
    return _worth(told, np.stack(costs, axis=1), d)


def _worth(told: tuple[Told, ...], nats: Floats, d: int) -> tuple[Told, ...]:
    """Leave out, one by one, what gains the least beside the others, nats (n, k) of patches."""
    kept = list(range(nats.shape[1]))
    cost = _mixed(nats, kept)
    if nats[:, 0].mean() - cost < d * _NO_GAIN_NATS:
        return ()
    while len(kept) > 1:
        without = {one: _mixed(nats, [k for k in kept if k != one]) for one in kept[1:]}
        least = min(without, key=lambda one: without[one])
        if without[least] - cost > d * _LEAST_GAIN_NATS:
            break
        kept.remove(least)
    return tuple(told[k - 1] for k in kept[1:])


def seen_anywhere(sample: Sample, cells: Cells) -> SeenAnywhere:
    """Give what templates are taken from: of each field as many as a fit to some of them takes."""
    values = sample.values_per_patch
    most = min(_MOST_TEMPLATES, _TEMPLATE_VALUES // values)
    fitted = min(max(1.0, sample.n_fields * _FITTED_SHARE), _MOST_FIELDS)
    n = max(1, round(most / fitted))
    return SeenAnywhere(DenoisedFields(sample, cells), sample.patch_size, n, sample.seed)


def _in_few_directions(
    linear: LinearPredictor, fields: Integers, denoised: DenoisedFields
) -> tuple[Told, ...]:
    """Tell whether patches differ in few directions: all of them, and those of each frame."""
    every: tuple[Told, ...] = ()
    if _beyond(np.asarray(np.linalg.eigvalsh(linear.covariance))) <= _MOST_BEYOND_NATS:
        every = ("anywhere", "turned")
    seen = denoised.stabilised(fields[:_LOOKED_AT])[:_LOOKED_AT]
    side = min(_WINDOW, *(length // 2 for length in seen.shape[1:]))
    of_each = np.mean([_beyond(window_variances(frame, side), _OF_A_FRAME) for frame in seen])
    return (*every, "templates") if of_each <= _MOST_BEYOND_NATS else every


def _evenly(fields: Integers, most: int) -> Integers:
    return fields[np.unique(np.linspace(0, len(fields) - 1, most).astype(np.intp))]


def _mixed(nats: Floats, kept: list[int]) -> float:
    own = nats[:, kept]
    return float(mixed_nats(own, patch_weights(own)).mean())


def _beyond(variances: Floats, directions: int = _DIRECTIONS) -> float:
    """Nats of a value above the noise in all but the largest of variances, which rise."""
    rest = np.maximum(variances[: max(0, variances.size - directions)], 1.0)
    return float(np.log(rest).sum()) / 2 / variances.size
