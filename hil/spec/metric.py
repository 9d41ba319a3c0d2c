"""Numbers of a person's own, computed from a trial's frames beside information."""

from __future__ import annotations

from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from hil.records.trial import METRIC
from hil.spec.base import Number, Spec


class MetricSpec(Spec):
    """One ``[[metric]]`` table; beside these keys it holds the function's own options.

    Parameters
    ----------
    kind
        Registered name of the function, ``"brenner"`` say.
    name
        What its number is called, ``metric.NAME``; by default its kind. Names tell two metrics of
        one kind apart.
    """

    model_config = ConfigDict(extra="allow")

    kind: str = Field(min_length=1, max_length=80)
    name: str = Field(default="", max_length=80, pattern=r"^([A-Za-z0-9_-]*)$")

    @property
    def called(self) -> str:
        """The metric's name."""
        return self.name or self.kind

    @property
    def options(self) -> dict[str, Any]:
        """The function's own keys, unchecked: the function's signature checks them."""
        return dict(self.model_extra or {})


class MetricBound(Spec):
    """What a metric may be in a trial that can win.

    Parameters
    ----------
    low, high
        Inclusive; at least one of them.
    """

    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("give low or high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low = {self.low:g} is above high = {self.high:g}")
        return self

    def excess(self, value: float) -> float:
        """How far a value lies outside; at most 0 within."""
        above = [] if self.high is None else [value - self.high]
        below = [] if self.low is None else [self.low - value]
        return max(above + below)


def metric_of(objective: str) -> str:
    """Give the name of the metric that an objective stands for; empty if it stands for none."""
    word = objective.removeprefix("-")
    return word.removeprefix(METRIC) if word.startswith(METRIC) else ""


def is_of(name: str, called: str) -> bool:
    """Whether a number is that of a metric, or, NAME.PART, one of several that it gives."""
    return name == called or name.startswith(f"{called}.")
