"""What whole frames tell: their few directions above the noise, and the kinds that they are of.

Frames in units of each value's noise have a covariance I + S, and ``1/2 log2 det(I + S)`` is what a
Gaussian of this covariance tells: no density of the same covariance tells more. Eigenvalues are
corrected for what noise alone spreads (`spectrum`), and where frames are of few kinds, which kind
it is and what varies within it may be less (`kinds`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.information.densities.low_rank.frames import (
    FIELDS_AT_ONCE,
    Directions,
    NoiseUnits,
    inner_products,
)
from hil.information.densities.low_rank.kinds import best_kinds
from hil.information.sample.sample import Sample

NEEDED_FIELDS = 20
_GROUPS_WITH_KINDS = 2


@dataclass(frozen=True)
class FrameInformation:
    """Of one repeat of all fields.

    Parameters
    ----------
    information
        Nats a frame.
    directions, kinds
        How many there are above the noise, and how many kinds frames are of.
    held_out
        (F,) -ln q of each frame in units of the noise, nats, by the directions of others.
    of_kinds
        What kinds took off the information, nats a frame.
    """

    information: float
    directions: int
    kinds: int
    held_out: Floats
    of_kinds: float


def only_patches(sample: Sample) -> str:
    """Say why there is no density of whole frames; empty if there is."""
    n = 1 if sample.one_scene else sample.n_fields
    if n < NEEDED_FIELDS:
        return f"{n} fields of view; {NEEDED_FIELDS} are needed, since a frame is one scene"
    if len(sample.places) > 1:
        return "other patches are taken of each frame"
    return ""


def frame_information(sample: Sample, units: NoiseUnits) -> list[FrameInformation]:
    """Find what frames tell, each repeat by itself."""
    return [_of_repeat(sample, units, repeat) for repeat in range(sample.n_repeats)]


def _of_repeat(sample: Sample, units: NoiseUnits, repeat: int) -> FrameInformation:
    """Put groups of fields together: the cost grows with the cube of the number in each."""
    n_groups = -(-sample.n_fields // FIELDS_AT_ONCE)
    fields = [np.arange(group, sample.n_fields, n_groups) for group in range(n_groups)]
    held_out = np.empty(sample.n_fields)
    found = []
    for number, own in enumerate(fields):
        part = sample.some(own)
        found.append(_of_group(part, units, repeat, with_kinds=number < _GROUPS_WITH_KINDS))
        held_out[own] = found[-1].held_out
    of_kinds = float(np.mean([one.of_kinds for one in found[:_GROUPS_WITH_KINDS]]))
    return FrameInformation(
        float(np.mean([one.information for one in found])) - of_kinds,
        max(one.directions for one in found),
        max(one.kinds for one in found),
        held_out,
        of_kinds,
    )


def _of_group(
    sample: Sample, units: NoiseUnits, repeat: int, *, with_kinds: bool
) -> FrameInformation:
    products = inner_products(sample, units, repeat)
    values, everyone = units.n_varying, np.arange(sample.n_fields)
    information = Directions(products, everyone, values).spectrum
    held_out = np.empty(sample.n_fields)
    for fold in range(sample.n_folds):
        others = everyone[sample.fold == fold]
        known = Directions(products, everyone[sample.fold != fold], values)
        held_out[others] = known.nats(others)
    gaussian, kinds = information.information_nats, None
    if with_kinds:
        kinds = best_kinds(products, values, sample.fold, np.random.default_rng(sample.seed))
    # kinds that would tell less than nothing are chance: dark values that saw a count once
    less = 0.0 if kinds is None else max(0.0, gaussian - max(kinds.information_nats, 0.0))
    number = kinds.number if kinds is not None and less > 0 else 1
    return FrameInformation(gaussian, len(information.spikes), number, held_out, less)
