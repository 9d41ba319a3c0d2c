"""Patches of scenes of two levels behind optics: a map is told first, then what was seen of it.

B : map of a patch and r pixels around it, 0 or 1        y : codes of the patch

    q(y) >= q(B) prod_i q(y_i | B, earlier values)                          whatever B is

The sum over all maps is a probability on codes, and each of its terms is less than it. So B may be
chosen with all that is known, what lies around the patch included, and the best term is taken for
the sum: what is reported is a bound from above. What is left of y once the map is known is noise,
and where the map is wrong, more: its distribution is that of its class (`residual_distribution`).

Pixel by pixel no prediction can say so much: behind optics a pixel shows levels of neighbours that
come later, one of many values that differ by more than the noise, of which each is found out once.

Frames of other scenes cost far more so than they do by predictions; the two are mixed, patch by
patch, with weights that are learnt. Where looks at some say that maps would have no weight, no more
of them is looked for: the last look tells some fields by their maps, and sees what is gained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.predictive.linear import LinearPredictor
from hil.information.densities.predictive.map_code import MapCode, contexts_of
from hil.information.densities.predictive.neighbours import N_CLASSES, Classes
from hil.information.densities.predictive.optics.looks import (
    NORMAL,
    Look,
    Optics,
    looked_for,
    looked_for_planes,
)
from hil.information.densities.predictive.optics.shade import Shade
from hil.information.densities.predictive.optics.two_level_optics import (
    REACH,
    BorderedFrames,
)
from hil.information.densities.predictive.residual_distribution import ErrorCounts, ResidualLaw
from hil.information.sample.sample import Sample
from hil.noise import PoissonNoise

Integers = NDArray[np.intp]


class Maps(NamedTuple):
    """Maps of all frames.

    Parameters
    ----------
    levels
        (F, repeats, H + 2R, W + 2R), 0 or 1, or bits of planes.
    optics
        That they were found with.
    shade
        How light falls off over the frames; None where it does not, or nobody can tell.
    """

    levels: NDArray[np.uint8]
    optics: Optics
    shade: Shade | None


RINGS, WIDE_RING = (1, 2), 4  # r; the last where optics reach so far
_BORDERS = 3  # pixels from the border of a patch from which all are alike, and one
_LOOK_FIELDS, _LOOK_SIDE = 4, 64
_ALONE = 0.9  # of a pixel's variance, that its neighbours do not tell
_TRIED_FIELDS = 2  # of which all is told by maps before it is of all
_NO_GAIN_NATS = 1e-3  # of a value
_MOST_FIELDS, _FEW_FIELDS = 8, 4  # that are fitted to
_SHADED_FIELDS = 16  # more say nothing else of how light falls off
_SHADED_ROUNDS = 2  # by maps, and optics by it
_AT_ONCE = 2**16  # pixels whose maps are found together
_LEAST, _LEAST_VARIANCE = 1e-30, 1e-6
_STEPS, _PRIOR_PATCHES, _LEAST_WEIGHT = 40, 0.05, 1e-6


class MapWindow(NamedTuple):
    """What a map says of patches with r pixels around them.

    Parameters
    ----------
    ring
        R, pixels.
    codes
        Of the map, or of each plane.
    classes
        By errors of what is predicted.
    errors
        Their distribution.
    """

    ring: int
    codes: tuple[MapCode, ...]
    classes: Classes
    errors: ResidualLaw


def maps_of(
    sample: Sample, cells: Cells, linear: LinearPredictor, fields: Integers, predicted: Floats
) -> Maps | None:
    """Find the maps of all frames; None where they have no weight.

    Parameters
    ----------
    linear
        Prediction by the covariance of all patches.
    fields
        Some fields.
    predicted
        (fields, patches of a field) what their patches cost by predictions, nats per value.
    """
    if sample.n_channels > 1 or sample.usable is not None:
        return None
    if min(sample.size) < sample.patch_size + 2 * REACH:
        return None
    if float(linear.sd[-1]) ** 2 > _ALONE * float(linear.covariance[-1, -1]):
        return None  # optics would make neighbours alike
    shade = _shade(sample, cells)
    shades = (None,) if shade is None else (None, shade)
    tried = [_tried(sample, cells, fields, predicted, one) for one in shades]
    best = _best(tried)
    if best is None:
        best = _best([_tried(sample, cells, fields, predicted, None, looked_for_planes)])
    if best is None:
        return None
    for field in np.setdiff1d(np.arange(sample.n_fields), best.fields):
        best.find(sample, cells, np.array([field]))
    return best.maps


class _Tried(NamedTuple):
    """What some fields are told by, and what is gained of them, nats of a value."""

    maps: Maps
    fields: Integers
    gain: float = 0.0

    def find(self, sample: Sample, cells: Cells, fields: Integers) -> None:
        """Find the maps of some fields."""
        height, width = sample.size
        frames = sample.frames[fields].reshape(-1, height, width)
        step = max(1, _AT_ONCE // ((height + 2 * REACH) * (width + 2 * REACH)))
        found = [
            self.maps.optics.map_of(
                BorderedFrames.of(*_evened(frames[i : i + step], cells, self.maps.shade))
            )
            for i in range(0, len(frames), step)
        ]
        levels = self.maps.levels
        levels[fields] = np.concatenate(found).reshape(-1, *levels.shape[1:])


def _best(tried: list[_Tried | None]) -> _Tried | None:
    best = max((one for one in tried if one is not None), key=lambda one: one.gain, default=None)
    # what gains nothing although it was fitted to these fields has no weight
    return None if best is None or best.gain < _NO_GAIN_NATS else best


def _tried(
    sample: Sample,
    cells: Cells,
    fields: Integers,
    predicted: Floats,
    shade: Shade | None,
    look: Look = looked_for,
) -> _Tried | None:
    few = np.unique(np.linspace(0, len(fields) - 1, _LOOK_FIELDS).astype(np.intp))
    optics = _looked(sample, cells, fields[few], float(predicted[few].mean()), shade, look)
    if optics is None:
        return None
    height, width = (side + 2 * REACH for side in sample.size)
    levels = np.zeros((*sample.frames.shape[:2], height, width), dtype=np.uint8)
    some = np.arange(min(len(fields), _TRIED_FIELDS))
    one = _Tried(Maps(levels, optics, shade), fields[some])
    one.find(sample, cells, one.fields)
    for _ in range(_SHADED_ROUNDS if shade is not None else 0):
        shade = _refined(one, sample, cells)
        again = _looked(sample, cells, fields[few], float(predicted[few].mean()), shade, look)
        one = one._replace(maps=Maps(levels, again or one.maps.optics, shade))
        one.find(sample, cells, one.fields)
    law = TwoLevels.fit(sample, cells, one.maps, one.fields)
    values = sample.values_per_patch
    own = values * predicted[some].reshape(-1, 1)
    costs = np.concatenate([own, law.nats(one.fields).reshape(len(own), -1)], axis=1)
    gain = float((own[:, 0] - mixed_nats(costs, patch_weights(costs))).mean()) / values
    return one._replace(gain=gain)


def _shade(sample: Sample, cells: Cells) -> Shade | None:
    """Tell how light falls off, where it is known which code is of no light."""
    dark_adu = getattr(
        sample.noise, "offset_adu", 0.0 if isinstance(sample.noise, PoissonNoise) else None
    )
    if dark_adu is None:
        return None
    coding = cells.channels[0].coding
    codes, _ = _of_frames(sample.frames[:_SHADED_FIELDS, 0], cells)
    return Shade.seen(codes, (float(dark_adu) - coding.lowest_adu) / coding.step_adu)


def _refined(tried: _Tried, sample: Sample, cells: Cells) -> Shade:
    assert tried.maps.shade is not None, "it is better known, not found"
    codes, variance = _of_frames(sample.frames[tried.fields, 0], cells)
    optics = tried.maps.optics
    evened = optics.predict(optics.light(tried.maps.levels[tried.fields, 0]))
    weight = np.asarray(1 / np.maximum(variance, _LEAST_VARIANCE), dtype=np.float32)
    return tried.maps.shade.refined(codes, evened, weight)


def _looked(
    sample: Sample,
    cells: Cells,
    some: Integers,
    predicted_nats: float,
    shade: Shade | None,
    look: Look,
) -> Optics | None:
    """Find optics by some fields; None once maps cost more than predictions of these."""
    cut = _crop(sample)[0]
    _, variance = _of_frames(sample.frames[some, 0][cut], cells)
    seen = BorderedFrames.of(*_evened(sample.frames[some, 0][cut], cells, shade, cut))
    noise = NORMAL + 0.5 * float(np.log(np.maximum(variance, 0) + 1 / 12).mean())
    told = (1 + 2 * RINGS[0] / sample.patch_size) ** 2  # pixels of a map to one of a patch
    return look(seen, predicted_nats - noise, told)


@dataclass(frozen=True)
class TwoLevels:
    """See the module.

    Parameters
    ----------
    sample
        Frames of one channel, larger than patches.
    cells
        Their codes.
    optics
        Fitted.
    maps
        Of all frames.
    windows
        One for each r.
    """

    sample: Sample
    cells: Cells
    optics: Optics
    maps: Maps
    windows: tuple[MapWindow, ...]

    @classmethod
    def fit(cls, sample: Sample, cells: Cells, maps: Maps, fields: Integers) -> TwoLevels:
        """Fit to some fields and their maps."""
        fields = fields[np.unique(np.linspace(0, len(fields) - 1, _MOST_FIELDS).astype(np.intp))]
        few = fields[np.unique(np.linspace(0, len(fields) - 1, _FEW_FIELDS).astype(np.intp))]
        cut, here = _crop(sample)
        seen = BorderedFrames.of(*_evened(sample.frames[few, 0][cut], cells, maps.shade, cut))
        levels = maps.levels
        optics = maps.optics.refitted(seen, levels[few, 0][here])
        found = cls(sample, cells, optics, maps, ())
        inside = np.s_[:, REACH:-REACH, REACH:-REACH]
        each = zip(*(contexts_of(optics.planes(levels[int(f)])) for f in fields), strict=True)
        counted = [np.concatenate([one[inside] for one in plane]) for plane in each]
        own = [optics.light(levels[int(one)]) for one in fields]
        windows = []
        for ring in (*RINGS, WIDE_RING) if optics.reaches(seen, RINGS[-1]) else RINGS:
            side = sample.patch_size + 2 * ring
            codes = tuple(MapCode.fit(one, side, 2 if k else 1) for k, one in enumerate(counted))
            said = [found._errors(int(f), b, ring) for f, b in zip(fields, own, strict=True)]
            u, e, y = (np.concatenate(parts) for parts in zip(*said, strict=True))
            classes = Classes.fit(u, e, sample.patch_size)
            counts = ErrorCounts(N_CLASSES * _BORDERS)
            counts.add(_kinds(classes, u, e, sample.patch_size), e, cells.rounding.take(y))
            windows.append(MapWindow(ring, codes, classes, counts.fit(None)))
        return cls(sample, cells, optics, maps, tuple(windows))

    def nats(self, fields: Integers) -> Floats:
        """-ln of each term, (fields, patches of a field, rings), nats per patch."""
        return np.stack([self._of_field(int(one)) for one in fields])

    def _of_field(self, field: int) -> Floats:
        light, p = self.optics.light(self.maps.levels[field]), self.sample.patch_size
        context = contexts_of(self.optics.planes(self.maps.levels[field]))
        result = []
        for ring, codes, classes, errors in self.windows:
            pairs = zip(codes, context, strict=True)
            cost = sum(code.cost_nats(self._cut(one, field, ring)) for code, one in pairs)
            u, e, y = self._errors(field, light, ring)
            kind = _kinds(classes, u, e, p)
            q = errors.probability(kind, self.cells.low.take(y) - u, self.cells.high.take(y) - u)
            result.append(cost - np.log(np.maximum(q, _LEAST)).sum(axis=1))
        return np.stack(result, axis=1)

    def _cut(self, frames: NDArray[Any], field: int, ring: int) -> NDArray[Any]:
        """Windows (repeats * patches, p + 2r, p + 2r) of frames that are wider by R."""
        side = self.sample.patch_size + 2 * ring
        places = self.sample.places
        top, left = (places[min(field, len(places) - 1)] + REACH - ring).T
        every = np.lib.stride_tricks.sliding_window_view(frames, (side, side), axis=(1, 2))
        return np.asarray(every[:, top, left]).reshape(-1, side, side)

    def _errors(self, field: int, light: Singles, ring: int) -> tuple[Singles, Singles, Integers]:
        """Predictions in u, their errors, and codes, (repeats * patches, d)."""
        p, beyond = self.sample.patch_size, REACH - ring
        windows = self._cut(light, field, ring)
        around = ((0, 0), (beyond, beyond), (beyond, beyond))
        code = self.optics.predict(np.pad(windows, around, mode="edge"))
        if self.maps.shade is not None:
            # wider by R, as maps are
            share = np.pad(self.maps.shade.share, REACH, mode="edge")[None]
            own = self._cut(share, field, 0)
            code = self.maps.shade.shaded(code, np.tile(own, (len(code) // len(own), 1, 1)))
        code = code.reshape(-1, p * p)
        edges = self.cells.channels[0].edges
        u = np.interp(code + 0.5, np.arange(edges.size), edges).astype(np.float32)
        one = self.sample.some(np.array([field]))
        y = self.cells.encode(one.raw_patches.reshape(-1, p * p))
        return u, self.cells.u.take(y) - u, y


def patch_weights(nats: Floats) -> Floats:
    """Weights (k,) of densities that cost ``nats`` (n, k) per patch, by EM from even ones."""
    n, k = nats.shape
    relative = np.exp(nats.min(axis=1, keepdims=True) - nats)
    weights = np.full(k, 1 / k)
    for _ in range(_STEPS):
        share = relative * weights
        share /= share.sum(axis=1, keepdims=True)
        weights = (share.sum(axis=0) + _PRIOR_PATCHES) / (n + k * _PRIOR_PATCHES)
    return np.asarray((1 - k * _LEAST_WEIGHT) * weights + _LEAST_WEIGHT)


def mixed_nats(nats: Floats, weights: Floats) -> Floats:
    """-ln of the mixture (n,) of densities that cost ``nats`` (n, k) per patch."""
    least = nats.min(axis=1)
    return np.asarray(least - np.log(np.exp(least[:, None] - nats) @ weights))


def _of_frames(frames: NDArray[np.generic], cells: Cells) -> tuple[Singles, Singles]:
    """Codes and their noise's variance."""
    channel = cells.channels[0]
    codes = channel.coding.encode(frames).astype(np.intp)
    return codes.astype(np.float32), channel.variance.astype(np.float32).take(codes)


def _evened(
    frames: NDArray[np.generic], cells: Cells, shade: Shade | None, cut: tuple[Any, ...] = (...,)
) -> tuple[Singles, Singles]:
    """Codes and their noise's variance, of a part of the frame, where light was even."""
    codes, variance = _of_frames(frames, cells)
    return (codes, variance) if shade is None else shade.evened(codes, variance, cut)


def _crop(sample: Sample) -> tuple[Any, Any]:
    """Slices of the middle of frames, and of maps, which are wider by R."""
    sides = [min(side, _LOOK_SIDE) for side in sample.size]
    starts = [(side - own) // 2 for side, own in zip(sample.size, sides, strict=True)]
    seen = [slice(at, at + own) for at, own in zip(starts, sides, strict=True)]
    wide = [slice(at, at + own + 2 * REACH) for at, own in zip(starts, sides, strict=True)]
    return (..., *seen), (..., *wide)


def _kinds(classes: Classes, u: Singles, e: Singles, p: int) -> Integers:
    """Class of each error, by what is around it and how far the patch's border is."""
    kind, _ = classes.of(u, e, np.ones(1, dtype=np.float32), p)
    side = np.minimum(np.arange(p), np.arange(p)[::-1]).clip(0, _BORDERS - 1)
    kind *= _BORDERS
    kind += np.minimum.outer(side, side).ravel()
    return kind
