"""One row of the simulated rigs' benchmark table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured for one case.

    Parameters
    ----------
    case
        What was measured.
    value
        The figure, with its unit, as text.
    to_reach
        What is wanted, as text; empty where the figure stands beside another.
    note
        Anything else.
    """

    case: str
    value: str
    to_reach: str = ""
    note: str = ""
