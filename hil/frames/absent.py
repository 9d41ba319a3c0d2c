"""Frames that a file says it has, and of which parts were never written.

An acquisition that stopped early leaves such files: readers put zeros, or a fill value, where
nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError


@dataclass(frozen=True, slots=True)
class Absent:
    """Which pieces of an array are not there.

    Parameters
    ----------
    piece
        Size of a piece along each axis: a chunk, a page.
    places
        (n, axes) numbers of the pieces that are absent, counted in pieces along each axis.
    why
        What is wrong with them, for messages.
    may_be_fill
        Whether a piece that holds nothing but the fill value is left out on purpose.
    """

    piece: tuple[int, ...]
    places: NDArray[np.int64]
    why: str
    may_be_fill: bool = False


def stack_absent(parts: Sequence[Absent | None], shape: tuple[int, ...]) -> Absent | None:
    """Join what is absent of arrays that are stacked along a new first axis."""
    some = [(number, part) for number, part in enumerate(parts) if part is not None]
    if not some:
        return None
    if len({part.piece for _, part in some}) > 1:  # count in pixels, where pieces differ
        some = [(number, _in_frames(part, shape)) for number, part in some]
    places = [np.insert(part.places, 0, number, axis=1) for number, part in some]
    first = some[0][1]
    return Absent((1, *first.piece), np.concatenate(places), first.why, first.may_be_fill)


def _in_frames(part: Absent, shape: tuple[int, ...]) -> Absent:
    """Say the same in pieces of one along all axes but the last two."""
    n = len(shape) - 2
    leading = np.zeros(shape[:n], dtype=bool)
    for place in part.places:
        leading[
            tuple(_span(int(k), size) for k, size in zip(place[:n], part.piece, strict=False))
        ] = True
    numbers = np.argwhere(leading)
    places = np.concatenate([numbers, np.zeros((len(numbers), 2), np.int64)], axis=1)
    return Absent((1,) * n + shape[n:], places, part.why, part.may_be_fill)


def incomplete(
    absent: Absent, shape: tuple[int, ...], axes: str, channel: int | None
) -> NDArray[np.bool_]:
    """Say which frames lack a piece: (fields, repeats), of ``channel`` alone where one is meant."""
    kept = [axis for one in "fr" for axis, letter in enumerate(axes) if letter == one]
    found = np.zeros([shape[axis] for axis in kept], dtype=bool)
    c = axes.find("c")
    for place in absent.places:
        span = [_span(int(k), size) for k, size in zip(place, absent.piece, strict=True)]
        if channel is not None and c >= 0 and not span[c].start <= channel < span[c].stop:
            continue
        found[tuple(span[axis] for axis in kept)] = True
    n_fields = int(np.prod([n for n, one in zip(shape, axes, strict=True) if one == "f"]))
    return found.reshape(n_fields, -1)


def complete_block(
    path: Path, absent: Absent, lacking: NDArray[np.bool_], allow_missing: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp], str]:
    """Choose fields and repeats that are whole; all fields keep the same repeats.

    Returns
    -------
    Their numbers, and what was left out, in words.

    Raises
    ------
    InputError
        Where frames lack something and nobody allowed it, or nothing is left.
    """
    n, n_lacking = lacking.size, int(lacking.sum())
    fields, repeats = (np.arange(size) for size in lacking.shape)
    if not n_lacking:
        return fields, repeats, ""
    said = f"{n_lacking} of {n} frames are incomplete: {absent.why}"
    if n_lacking == n:
        raise InputError(path, "", f"{said}; none is left")
    if not allow_missing:
        raise InputError(path, "", f"{said}; allowed: --allow-missing, which leaves them out")
    whole = ~lacking
    by_field, by_repeat = whole.all(axis=1), whole.all(axis=0)
    started = whole.any(axis=1)  # fields that never began say nothing about repeats
    of_started = whole[started].all(axis=0)
    choices = [
        (by_field, np.ones_like(by_repeat)),
        (np.ones_like(by_field), by_repeat),
        (started, of_started),
    ]
    some, same = max(choices, key=lambda both: int(both[0].sum() * both[1].sum()))
    kept = int(some.sum() * same.sum())
    if not kept:
        raise InputError(path, "", f"{said}; no field has all its repeats")
    also = n - kept - n_lacking
    tail = f", and {also} so that all fields have the same repeats" if also else ""
    words = f"{n_lacking} of {n} frames, which are incomplete{tail}"
    return np.flatnonzero(some), np.flatnonzero(same), words


def _span(number: int, size: int) -> slice:
    return slice(number * size, (number + 1) * size)
