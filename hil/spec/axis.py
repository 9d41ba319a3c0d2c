"""One setting that a session may move."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator

from hil.spec.base import Number, SettingName, SettingValue, Spec


class SearchAxis(Spec):
    """One setting that the session may move.

    Parameters
    ----------
    setting
        ``LABEL.PROPERTY``.
    low, high
        Inclusive range in the setting's unit, inside the rig's limits.
    step
        Distance of the allowed values from `low`; a setting that takes integers has 1.
    log
        Search on a logarithmic scale; `low` must be above 0.
    choices
        Instead of a range: the values to choose from.
    """

    setting: SettingName
    low: Number | None = None
    high: Number | None = None
    step: Number | None = Field(default=None, gt=0)
    log: bool = False
    choices: tuple[SettingValue, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.step is not None or self.log:
                raise ValueError("choices go without low, high, step and log")
            if len(set(self.choices)) < len(self.choices):
                raise ValueError("a choice is named twice")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        if self.low > self.high:
            raise ValueError(f"low = {self.low:g} is above high = {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"low = {self.low:g} with log = true, allowed: above 0")
        if self.log and self.step is not None:
            raise ValueError("log goes without step")
        return self


def grid_values(axis: SearchAxis, points: int) -> list[float | int | str]:
    """Values of one axis for the grid sampler."""
    if axis.choices is not None:
        return list(axis.choices)
    assert axis.low is not None
    assert axis.high is not None
    if axis.step is not None:
        count = math.floor((axis.high - axis.low) / axis.step + 1e-9) + 1
        return [axis.low + i * axis.step for i in range(count)]
    if points == 1 or axis.low == axis.high:
        return [axis.low]
    shares = [i / (points - 1) for i in range(points)]
    if axis.log:
        ratio = axis.high / axis.low
        return [axis.low * ratio**share for share in shares[:-1]] + [axis.high]
    return [axis.low + (axis.high - axis.low) * share for share in shares]
