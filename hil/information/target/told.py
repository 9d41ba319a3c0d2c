"""What frames tell about a target, with its interval: shared by labels and values.

g_i : bits that frame i told, held out      C : scenes, whose frames belong together

    bits = mean g      interval: percentiles of that mean over resampled scenes

Information is never negative, nor more than the target's own entropy: both ends are cut there, and
what is left is still a lower bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.model import NoiseModel

_RESAMPLED = 1000
_FEWEST_SCENES = 4
_MOST_VALUES = 2**16  # of a frame, a channel

Scenes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class AboutTarget:
    """Bits that one frame tells about its target.

    Parameters
    ----------
    bits
        A lower bound, in expectation over decoders' training.
    ci_low, ci_high
        Interval over scenes.
    most_bits
        Entropy of a label, which no frame exceeds; infinite for values.
    decoder
        Which of those offered was used in most folds.
    total_bits
        All information in a frame, about whatever; NaN where no noise model was given.
    """

    bits: float
    ci_low: float
    ci_high: float
    most_bits: float
    decoder: str
    total_bits: float


@dataclass(frozen=True, slots=True)
class FrameRows:
    """Frames as rows.

    Parameters
    ----------
    rows
        (n, d) float64.
    scene
        (n,) which scene each row shows, 0, 1, ...
    per_field
        Rows that each field of view has.
    """

    rows: Floats
    scene: Scenes
    per_field: int


def flat_frames(frames: ArrayLike, scenes: ArrayLike | None, folds: int) -> FrameRows:
    """Check frames, and lay each out as a row.

    Raises
    ------
    InputError
    """
    given = np.asarray(frames)
    if given.ndim < 3 or given.dtype.kind not in "uif" or given.size == 0:
        raise InputError(
            "frames",
            "",
            f"have shape {given.shape}; allowed: (n, height, width), or "
            "(n_fields, n_repeats, height, width)",
        )
    if not np.isfinite(given).all():
        raise InputError("frames", "", "hold values that are no numbers; allowed: finite ones")
    repeats = 1 if given.ndim == 3 else given.shape[1]
    rows = _coarse(given).reshape(given.shape[0] * repeats, -1).astype(np.float64)
    named = np.arange(given.shape[0]) if scenes is None else np.asarray(scenes)
    if named.shape != (given.shape[0],):
        raise InputError(
            "scenes", "", f"have shape {named.shape}; allowed: {given.shape[0]}, one a frame"
        )
    number = np.unique(named, return_inverse=True)[1].astype(np.intp)
    least = max(_FEWEST_SCENES, folds)
    if int(number.max()) + 1 < least:
        raise InputError(
            "frames", "", f"show {int(number.max()) + 1} scenes; allowed: {least} or more"
        )
    return FrameRows(rows, np.repeat(number, repeats), repeats)


def _coarse(frames: NDArray[Any]) -> NDArray[Any]:
    """Average pixels of large frames: what is left tells no more, so that bounds hold."""
    values = math.prod(frames.shape[-2:])
    b = math.ceil(math.sqrt(values / _MOST_VALUES))
    if b == 1:
        return frames
    *others, height, width = frames.shape
    high, wide = height // b, width // b
    if high == 0 or wide == 0:
        return frames
    whole = frames[..., : high * b, : wide * b]
    found: NDArray[Any] = whole.reshape(*others, high, b, wide, b).mean(axis=(-3, -1))
    return found


def check_options(
    folds: int, confidence: float, decoders: tuple[str, ...], known: tuple[str, ...]
) -> None:
    """Refuse what cannot be asked for.

    Raises
    ------
    InputError
    """
    if folds < 2:
        raise InputError("folds", "", f"{folds}; allowed: 2 or more")
    if not 0 < confidence < 1:
        raise InputError("confidence", "", f"{confidence}; allowed: more than 0, less than 1")
    if not decoders or not set(decoders) <= set(known):
        raise InputError("decoders", "", f"{decoders}; allowed: some of {', '.join(known)}")


def told(
    held_out_bits: Floats,
    scene: Scenes,
    most_bits: float,
    decoder: str,
    total_bits: float,
    confidence: float,
    seed: int,
) -> AboutTarget:
    """Average over frames, with an interval over scenes."""
    low, high = cluster_interval(
        held_out_bits, scene, confidence, np.random.default_rng(seed), lambda x: x
    )
    cut = [float(np.clip(value, 0.0, most_bits)) for value in (held_out_bits.mean(), low, high)]
    return AboutTarget(cut[0], cut[1], cut[2], most_bits, decoder, total_bits)


def cluster_interval(
    values: Floats,
    scene: Scenes,
    confidence: float,
    rng: np.random.Generator,
    of_mean: Callable[[Floats], Floats],
) -> tuple[float, float]:
    """Percentiles of a function of the mean over resampled scenes.

    Parameters
    ----------
    values
        (n,) or (n, k), a row a frame.
    of_mean
        Takes (m, ...) means of resampled frames, gives (m,).
    """
    n_scenes = int(scene.max()) + 1
    sums = np.zeros((n_scenes, *values.shape[1:]))
    np.add.at(sums, scene, values)
    sizes = np.bincount(scene, minlength=n_scenes).astype(np.float64)
    times = rng.multinomial(n_scenes, np.full(n_scenes, 1 / n_scenes), _RESAMPLED)
    total = (times @ sums.reshape(n_scenes, -1)).reshape(_RESAMPLED, *values.shape[1:])
    count = (times @ sizes).reshape(-1, *[1] * (values.ndim - 1))
    tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
    low, high = np.quantile(of_mean(total / count), tails)
    return float(low), float(high)


def total_bits(frames: ArrayLike, noise: NoiseModel | None, seed: int) -> float:
    """All information in a frame, as `whole_frame` has it; NaN without a noise model."""
    if noise is None:
        return math.nan
    from hil.information.estimate import estimate_information

    given = np.asarray(frames)
    values = math.prod(given.shape[1:] if given.ndim == 3 else given.shape[2:])
    patch = min(8, *given.shape[-2:])
    found = estimate_information(given, noise, "whole_frame", patch, seed=seed)
    return found.bits_per_pixel * values
