"""One row of the simulated rigs' benchmark table."""

from __future__ import annotations

from dataclasses import dataclass

from hil.records.estimate import Estimate


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


def apart(case: str, one: Estimate, most: Estimate) -> Row:
    """Compare what something else chose, `one`, with what information chose."""
    return Row(
        case,
        f"{one.bits_per_pixel:.3f} < {most.bits_per_pixel:.3f}",
        "" if one is most else "intervals apart",
        f"intervals {one.ci_low:.3f} to {one.ci_high:.3f}, {most.ci_low:.3f} to "
        f"{most.ci_high:.3f} bits per pixel",
    )
