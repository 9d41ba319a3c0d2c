"""What ``session.toml`` says of a session that nobody sits beside: when it waits for a person."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from hil.spec.base import Number, SettingName, Spec, Whole


class Pause(Spec):
    """When a session waits by itself, dark and with the rig held, for `hil continue`.

    Parameters
    ----------
    failures_in_a_row
        After so many failed trials without one that worked between them.
    interlock
        After a trial that an interlock of the rig ended.
    drift_bits
        When the reference trials have changed by more than this, bits per pixel.
    timeout_s
        A pause, asked for or not, ends the session as STOPPED after this, seconds.
    """

    failures_in_a_row: Whole | None = Field(default=None, ge=1)
    interlock: bool = False
    drift_bits: Number | None = Field(default=None, gt=0)
    timeout_s: Number | None = Field(default=None, gt=0)


class Approval(Spec):
    """Which moves wait for a person, dark and with the rig held, for `hil approve`.

    Parameters
    ----------
    settings
        Any move of these waits.
    steps
        A move of a setting by more than this waits, in its unit.
    timeout_s
        What nobody approves within this is refused, seconds.
    """

    settings: tuple[SettingName, ...] = ()
    steps: dict[SettingName, Number] = Field(default_factory=dict)
    timeout_s: Number = Field(default=3600, gt=0)

    @property
    def names(self) -> tuple[str, ...]:
        """All settings that are watched."""
        return tuple(dict.fromkeys((*self.settings, *self.steps)))

    @model_validator(mode="after")
    def _steps_are_sizes(self) -> Self:
        for name, step in self.steps.items():
            if step <= 0:
                raise ValueError(f'steps."{name}": {step:g}, allowed: above 0')
        if not self.names:
            raise ValueError("names no setting, allowed: settings = [...], steps = { ... }")
        return self
