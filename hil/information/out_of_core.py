"""Estimates from frames that are too many to be loaded: files, memory maps, Zarr arrays.

Fields are read one at a time. `stationary` takes them all, by its sums; other estimators get
patches drawn at random from every field.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.diagnostics.blurred_levels import (
    LEVELS_FIELDS,
    LEVELS_SIDE,
    Levels,
    look_for_levels,
)
from hil.information.diagnostics.flags import about, middle
from hil.information.estimate import estimate_information, usual_estimator
from hil.information.interval import Interval, with_calibration
from hil.information.registry import PatchEstimator, traits_of
from hil.information.sample.camera_codes import look_at_codes
from hil.information.sample.checks import check_patch_size, check_share
from hil.information.sample.codes_found import NOTHING_FOUND, CameraCodes
from hil.information.sample.duplicates import SeenFrames
from hil.information.sample.patches import check_mask, cut_patches, patch_corners
from hil.information.sample.prepare import Noise, take_in
from hil.information.sample.sample import FOLDS
from hil.information.spikes.possible import PossibleSpikes
from hil.information.stream.flatten import MOST_FILLED
from hil.information.stream.online import OnlineEstimator
from hil.noise.model import FlattenedNoise, MaskedNoise, NoiseModel
from hil.records.estimate import Estimate

IN_MEMORY_BYTES = 2**29
_LOOKED_AT_BYTES = 2**25  # of raw frames, for the step between codes
_KEPT_BYTES = 2**28  # of all fields, while they are streamed


class StoredFrames(Protocol):
    """An array that is read field by field: FrameFile, numpy.memmap, zarr.Array, h5py.Dataset."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As `estimate_information` takes them."""
        ...

    @property
    def dtype(self) -> Any:
        """Type of the pixels."""
        ...

    def __getitem__(self, field: int) -> Any:
        """Read a field of view."""
        ...


def estimate_stored(
    frames: StoredFrames,
    noise: Noise,
    estimator: str | PatchEstimator | None = None,
    patch_size: int = 16,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    stride: int | None = None,
    n_patches: int | None = None,
    mask: ArrayLike | None = None,
    saturation_adu: float | None = None,
    max_saturated_share: float = 1e-3,
    noise_variance_relative_sd: float = 0.0,
    lower_bound: bool = False,
    max_patches: int = 20_000,
    memory_bytes: int = IN_MEMORY_BYTES,
) -> Estimate:
    """Estimate as `estimate_information` does, in memory that does not grow with the frames.

    Of frames larger than ``memory_bytes``, ``stationary`` (which is used for real numbers, unless
    another is asked for) takes all, one field at a time, unless patches are chosen by ``stride``,
    ``n_patches`` or ``mask``. Otherwise patches are drawn at
    random from every field, the same in all its repeats, and ``details["places_used"]`` and
    ``details["places_there"]`` say how many there were.

    Parameters
    ----------
    max_patches
        How many places are drawn, of all fields together, where ``n_patches`` does not say it; each
        gives a patch in every repeat.
    memory_bytes
        Frames up to this size are read whole.

    Raises
    ------
    InputError
        As `estimate_information`.
    """
    if len(frames.shape) not in (3, 4, 5) or 0 in frames.shape:
        raise InputError(
            "frames",
            "",
            f"have shape {tuple(frames.shape)}; allowed: (n, height, width), (n_fields, n_repeats, "
            "height, width) or (n_fields, n_repeats, channels, height, width)",
        )
    options: dict[str, Any] = {
        "saturation_adu": saturation_adu,
        "max_saturated_share": max_saturated_share,
    }
    small = math.prod(frames.shape) * np.dtype(frames.dtype).itemsize <= memory_bytes
    if estimator is None and not small:
        estimator = usual_estimator(take_in(_field(frames, 0)[None], noise, patch_size, mask))
    tiled = stride is None and n_patches is None and mask is None
    streams = estimator is not None and traits_of(estimator).streams
    if not small and tiled and streams and _streams(frames, noise):
        online = OnlineEstimator(
            cast(NoiseModel | FlattenedNoise, noise), patch_size, confidence, **options
        )
        found = _stream(frames, online, patch_size)
        if lower_bound:
            none = {"lower_method": "none", "lower_reason": "of a stream only sums are kept"}
            found = replace(found, details={**found.details, **none})
        return _widened(found, noise_variance_relative_sd, confidence)
    options["noise_variance_relative_sd"] = noise_variance_relative_sd
    options["lower_bound"] = lower_bound
    if small:
        whole = np.stack([_field(frames, number) for number in range(frames.shape[0])])
        options |= {"stride": stride, "n_patches": n_patches, "mask": mask}
        return estimate_information(
            whole, noise, estimator, patch_size, confidence, seed, **options
        )
    check_patch_size(_field(frames, 0)[None], patch_size)
    if isinstance(noise, FlattenedNoise):
        options["saturation_adu"] = None  # is in another unit
    fields = _plain(frames, noise, seed, memory_bytes // 4)
    n_places = max_patches if n_patches is None else _places(frames, n_patches)
    usable = _usable(mask, noise, frames.shape)
    chosen = _Chosen(patch_size, n_places, stride, usable, seed)
    several = isinstance(noise, (Sequence, FlattenedNoise))
    looked_at = None if several or usable is not None else cast(NoiseModel, noise)
    drawn = _draw(fields, frames.shape[0], chosen, looked_at)
    found = estimate_information(
        drawn.columns, fields.noise, estimator, patch_size, confidence, seed, **options
    )
    share = {"places_used": drawn.n_used, "places_there": drawn.n_there}
    stated_so = found.details.get("noise_stated_in") != "codes"
    spikes = drawn.spikes if stated_so else PossibleSpikes()
    levels = _levels(drawn.middles, looked_at, found.bits_per_pixel) if stated_so else Levels()
    flags = set(found.flags) | spikes.flags(found.bits_per_pixel)
    flags |= levels.flags(found.bits_per_pixel)
    details = {**found.details, **share, **spikes.details(), **levels.details()}
    found = replace(found, flags=tuple(sorted(flags)), details=details)
    codes = replace(fields.codes, duplicates=drawn.duplicates)
    return _with_codes(found, codes, max_saturated_share)


def some_fields(frames: StoredFrames, seed: int, memory_bytes: int) -> NDArray[Any]:
    """Read fields drawn at random, as many whole ones as ``memory_bytes`` hold; two at least."""
    n_fields = frames.shape[0]
    each = math.prod(frames.shape[1:]) * np.dtype(frames.dtype).itemsize
    n = min(n_fields, max(2, memory_bytes // each))
    numbers = np.sort(np.random.default_rng(seed).permutation(n_fields)[:n])
    return np.stack([_field(frames, int(number)) for number in numbers])


class _Fields(NamedTuple):
    """Fields (R, H, W) or (R, C, H, W) by number, and what makes their noise the same everywhere.

    ``codes`` are what the raw frames say of the camera, where maps change them.
    """

    read: Callable[[int], NDArray[Any]]
    noise: Noise
    even: Callable[[NDArray[Any]], NDArray[Any]]
    codes: CameraCodes = NOTHING_FOUND


class _Chosen(NamedTuple):
    """Which patches: see `patch_corners`; ``n_places`` are of all fields together."""

    patch_size: int
    n_places: int
    stride: int | None
    mask: ArrayLike | None
    seed: int


class _Drawn(NamedTuple):
    """Patches of each field, stacked: (F, R, k p, p) or (F, R, C, k p, p)."""

    columns: NDArray[Any]
    n_used: int
    n_there: int
    duplicates: int
    spikes: PossibleSpikes
    middles: list[NDArray[np.integer]]  # of a single frame of the first fields


def _field(frames: StoredFrames, number: int) -> NDArray[Any]:
    field = np.asarray(frames[number])
    return field[None] if field.ndim == 2 else field


def _places(frames: StoredFrames, n_patches: int) -> int:
    """Places of ``n_patches`` patches, which are as many in all repeats."""
    n_repeats = frames.shape[1] if len(frames.shape) > 3 else 1
    if isinstance(n_patches, bool) or n_patches < n_repeats:
        raise InputError("n_patches", "", f"{n_patches!r}; allowed: an integer from {n_repeats}")
    return n_patches // n_repeats


def _streams(frames: StoredFrames, noise: Noise) -> bool:
    """Whether `OnlineEstimator` takes these frames."""
    if len(frames.shape) == 5 or isinstance(noise, Sequence):
        return False
    return not isinstance(noise, MaskedNoise) or float(np.mean(noise.usable)) >= 1 - MOST_FILLED


def _usable(
    mask: ArrayLike | None, noise: Noise, shape: tuple[int, ...]
) -> NDArray[np.bool_] | None:
    """Pixels that neither the mask nor the camera's own leaves out; None for all."""
    usable = None if mask is None else check_mask(mask, *shape[-2:])
    if not isinstance(noise, MaskedNoise) or noise.usable.all():
        return usable
    return noise.usable if usable is None else noise.usable & usable


def _plain(frames: StoredFrames, noise: Noise, seed: int, memory_bytes: int) -> _Fields:
    read = partial(_field, frames)
    if not isinstance(noise, FlattenedNoise):
        return _Fields(read, noise, lambda field: field)
    some = some_fields(frames, seed, memory_bytes)
    raw, codes = noise, NOTHING_FOUND
    if some.dtype.kind in "ui":
        if some.ndim == 5:  # channels are more fields of the same camera
            some = some.swapaxes(1, 2).reshape(-1, some.shape[1], *some.shape[3:])
        usable = noise.usable if isinstance(noise, MaskedNoise) and noise.usable.ndim else None
        _, raw, codes = look_at_codes(some, noise, usable)
    _, flat = raw.flatten(codes.numbers(read(0)))
    return _Fields(read, flat, lambda field: raw.flatten(codes.numbers(field))[0], codes)


def _with_codes(found: Estimate, codes: CameraCodes, max_saturated_share: float) -> Estimate:
    """Say of an estimate what its raw frames say of the camera."""
    share = max(found.details["saturated_share"], codes.piled_share)
    flags = set(found.flags) | codes.flags
    if share > max_saturated_share:
        flags.add("saturated")
    details = {**found.details, **codes.details(), "saturated_share": share}
    return replace(found, flags=tuple(sorted(flags)), details=details)


def _stream(frames: StoredFrames, online: OnlineEstimator, patch_size: int) -> Estimate:
    """Take in all fields; where they are very many, some of the same fold count as one unit."""
    n_fields = frames.shape[0]
    per_unit = 8 * patch_size**4 + 2**20
    some = some_fields(frames, 0, _LOOKED_AT_BYTES)
    online.look_ahead(some.reshape(-1, *some.shape[-2:]))
    n_units = min(n_fields, max(1, _KEPT_BYTES // per_unit // FOLDS) * FOLDS)
    for number in range(n_fields):
        online.update(_field(frames, number), number % n_units)
    found = online.estimate()
    return replace(found, details={**found.details, "fields_streamed": n_fields})


def _widened(found: Estimate, relative_sd: float, confidence: float) -> Estimate:
    """Carry the calibration's uncertainty in, as `estimate_information` does."""
    check_share("noise_variance_relative_sd", relative_sd, 0.0, 1.0, ends=True)
    if relative_sd == 0:
        return found
    sd = relative_sd / 2 / math.log(2)
    plain = Interval(found.ci_low, found.ci_high, found.details["interval"])
    interval = with_calibration(plain, sd, confidence)
    details = {**found.details, "calibration_sd_bits": sd}
    return replace(found, ci_low=interval.low, ci_high=interval.high, details=details)


def _draw(fields: _Fields, n_fields: int, chosen: _Chosen, looked_at: NoiseModel | None) -> _Drawn:
    """Draw patches; single frames, whose noise ``looked_at`` is, are searched for spikes."""
    p = chosen.patch_size
    rng = np.random.default_rng(chosen.seed)
    height, width = fields.even(fields.read(0)).shape[-2:]
    seen, spikes = SeenFrames(), PossibleSpikes()
    corners = partial(patch_corners, height, width, p, stride=chosen.stride, mask=chosen.mask)
    there = len(corners())
    numbers = np.sort(rng.permutation(n_fields)[: chosen.n_places])
    each = min(there, max(1, chosen.n_places // len(numbers)))
    columns = []
    middles: list[NDArray[np.integer]] = []
    for number in numbers:
        raw = fields.read(int(number))
        if raw.dtype.kind in "ui":
            seen.add(raw)
            if looked_at is not None and raw.shape[:-2] == (1,):
                spikes += PossibleSpikes.of(raw[0], looked_at)
            if looked_at is not None and len(middles) < LEVELS_FIELDS:
                middles.append(middle(raw[0], LEVELS_SIDE))
        columns.append(cut_patches(fields.even(raw), p, corners(n=each, rng=rng)))
    n_used, n_there = each * len(numbers), there * n_fields
    return _Drawn(np.stack(columns), n_used, n_there, seen.copies, spikes, middles)


def _levels(
    middles: list[NDArray[np.integer]], noise: NoiseModel | None, bits_per_pixel: float
) -> Levels:
    """Look for levels behind optics in the middle of frames."""
    if noise is None or not middles or middles[0].ndim > 2:
        return Levels()
    images = np.stack(middles)
    mean_adu = float(images.mean(dtype=np.float64))
    variance = noise.mean_variance_adu2(mean_adu, True)
    return look_for_levels(about(images, mean_adu), variance, bits_per_pixel)
