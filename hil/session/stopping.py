"""What ends a session."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.types import Value
from hil.records.trial import TrialRow

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class DoseBudget:
    """What all trials of a session together may bring to the sample.

    Parameters
    ----------
    limit_mj
        From the session file.
    planned_mj
        Light of a trial's exposures, from its settings.
    """

    limit_mj: float
    planned_mj: Callable[[Mapping[str, Value]], float]

    def problem(self, rows: Sequence[TrialRow], requested: Mapping[str, Value]) -> str:
        """Say that another trial would exceed the limit; empty if it would not.

        Trials that were not measured to the end count in full. A sample that is always lit gets
        more than the exposures bring: as much more as in the worst trial so far.

        Parameters
        ----------
        rows
            All trials of the session.
        requested
            Settings of the trial that is proposed.
        """
        spent, worst = 0.0, 1.0
        for row in rows:
            planned = self.planned_mj(row.requested)
            if row.measured is None or math.isnan(row.measured.dose_mj):
                spent += planned * worst
                continue
            spent += row.measured.dose_mj
            if planned > 0:
                worst = max(worst, row.measured.dose_mj / planned)
        after = spent + self.planned_mj(requested) * worst
        if after <= self.limit_mj * (1 + _ROUNDING):
            return ""
        return f"another trial would exceed {self.limit_mj:g} mJ: {spent:.6g} mJ are spent"
