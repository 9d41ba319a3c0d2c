"""What the loop needs to know of a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drivers.types import Value
from hil.records.trial import OpenTrial
from hil.session.stopping import StopRule


@dataclass(frozen=True, slots=True)
class LoopSpec:
    """What is run.

    Parameters
    ----------
    trials, seed
        From the session file.
    rules
        What it ends on, in the order in which they are asked.
    fixed
        Settings held in every trial.
    also
        Settings of one trial that are not among what it searched.
    """

    trials: int
    seed: int
    rules: tuple[StopRule, ...]
    fixed: Mapping[str, Value] = field(default_factory=dict)
    also: Callable[[OpenTrial], Mapping[str, Value]] = lambda trial: {}
