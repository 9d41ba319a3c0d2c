"""When a session waits for a person without being asked: ``[pause]`` of the session file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hil.ranking.drift import Drift
from hil.records.trial import TrialKind, TrialState
from hil.spec import Pause


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """How a trial ended, and what came before it.

    Parameters
    ----------
    kind, state, reason
        Of the trial.
    interlock
        Whether it was an interlock that ended it.
    failures
        Trials that failed since the last one that worked, or since the session was let go on.
    """

    kind: TrialKind
    state: TrialState
    reason: str
    interlock: bool
    failures: int


class PauseRules:
    """Asked after each trial.

    Parameters
    ----------
    spec
        ``[pause]`` of the session file.
    drift
        What the reference trials show now; None where that cannot be said.
    """

    def __init__(self, spec: Pause, drift: Callable[[], Drift | None]) -> None:
        self._spec = spec
        self._drift = drift
        # A person who lets the session go on has seen the drift up to here.
        self._seen_bits = 0.0

    def why(self, end: TrialEnd) -> str:
        """Say why the session is to wait; empty if it goes on."""
        spec = self._spec
        if spec.interlock and end.interlock:
            return end.reason
        most = spec.failures_in_a_row
        if most is not None and end.failures >= most:
            return f"{end.failures} trials in a row failed, the last one: {end.reason}"
        reference = end.kind == "reference" and end.state is TrialState.COMPLETE
        if spec.drift_bits is None or not reference:
            return ""
        return self._drifted(spec.drift_bits)

    def _drifted(self, bound_bits: float) -> str:
        drift = self._drift()
        if drift is None or not drift.significant:
            return ""
        if abs(drift.bits - self._seen_bits) <= bound_bits:
            return ""
        since = f" (seen at {self._seen_bits:+.4g})" if self._seen_bits else ""
        self._seen_bits = drift.bits
        return (
            f"the reference has drifted by {drift.bits:+.4g} bits per pixel{since},"
            f" more than {bound_bits:g}"
        )
