"""What ``session.toml`` says of a session that nobody sits beside: when it waits for a person."""

from __future__ import annotations

from pydantic import Field

from hil.spec.base import Spec


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

    failures_in_a_row: int | None = Field(default=None, ge=1)
    interlock: bool = False
    drift_bits: float | None = Field(default=None, gt=0)
    timeout_s: float | None = Field(default=None, gt=0)
