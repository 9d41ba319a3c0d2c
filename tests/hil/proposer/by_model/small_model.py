"""A model with frames in memory, and rows to go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.types import Value
from hil.proposer.plan import NoFrames, SearchPlan
from hil.records.trial import MODEL, Measured, TrialRow, TrialState
from hil.spec import ModelSampler, SearchAxis
from hil.twin import TrialFrames
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.fluorescence.unknown import FluorescenceUnknown
from tests.hil.twin.small_microscope import frames, path, settings, unknown

HIDDEN = (0.0, 45.0, -30.0, 25.0, 0.0, 0.0, 0.0, 0.0)
NAMES = ("mirror.z5_nm", "mirror.z6_nm", "mirror.z7_nm")
SMALL = {"height_px": 48, "width_px": 48, "photons_per_uj": 8.0}


class InMemory:
    """A `ModelRig`: what was requested, times `by`, is where the mirror went.

    `gone` are trials whose frames are not there.
    """

    def __init__(self, by: Mapping[str, float] | None = None, **options: Any) -> None:
        self.scope: FluorescencePath = path(
            seed=3, aberration_nm=HIDDEN, scene="fibres", **{**SMALL, **options}
        )
        self.optics: FluorescenceUnknown = unknown(**SMALL)
        self.by = by or {}
        self.gone: set[int] = set()
        self.asked: dict[int, Mapping[str, Value]] = {}
        self._taken: dict[int, TrialFrames] = {}

    def settings(self, requested: Mapping[str, Value]) -> Mapping[str, Value]:
        return {**settings(), **requested}

    def frames(self, number: int, fields: Sequence[int]) -> TrialFrames:
        if number in self.gone:
            raise NoFrames(f"the frames of trial {number} are gone")
        if number not in self._taken:
            stood = dict(self.settings(self.asked[number]))
            went = stood | {n: float(stood[n]) * by for n, by in self.by.items()}
            (taken,) = frames(self.scope, [went], [{"stage.x_um": 0.0, "stage.y_um": 0.0}])
            self._taken[number] = TrialFrames(stood, taken.frames, taken.noise)
        return self._taken[number]


def axes(low: float = -70, high: float = 70) -> tuple[SearchAxis, ...]:
    return tuple(SearchAxis(setting=name, low=low, high=high) for name in NAMES)


def plan(**changes: Any) -> SearchPlan:
    start = dict.fromkeys(NAMES, 0.0)
    known: dict[str, Any] = {"axes": axes(), "integers": frozenset(), "seed": 1, "trials": 20}
    known |= {"sampler": ModelSampler(kind="model"), "start": start, **changes}
    return SearchPlan(**known)


def row(
    number: int,
    value: float | None = 1.0,
    requested: Mapping[str, Value] | None = None,
    fields: tuple[int, ...] = (),
    half: float = 0.0,
    **said: Any,
) -> TrialRow:
    ended = value is not None
    measured = Measured((value or 0) - half, (value or 0) + half, (), (), 0.0, 0.0, 0.0, fields)
    return TrialRow(
        number,
        TrialState.COMPLETE if ended else TrialState.APPLIED,
        "search",
        requested or dict.fromkeys(NAMES, 0.0),
        {},
        {MODEL: said} if said else {},
        (value,) if value is not None else None,
        {},
        {},
        measured=measured if ended else None,
    )
