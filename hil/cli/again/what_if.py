"""``hil replay SESSION --what-if``: the table, and what stands before it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from hil.cli.screen.asking import say_line
from hil.report.files.output_place import FIGURES, check_output_place

if TYPE_CHECKING:
    from hil.records.what_if import LeftOut, Outcome, WhatIf

_QUARTERS = (0.25, 0.5, 1.0)
_CLOSE = 0.05  # of the best settings' objective: near enough to compare searches by


def answer_what_if(
    session: str,
    options: list[str],
    seeds: int,
    trials: int | None,
    picture: Path,
    db: str | None,
    folder: Path | None,
) -> int:
    """Try the searches and print what they come to."""
    from hil.replay.what_if.what_if import what_if
    from hil.report.what_if_plot import draw_what_if
    from hil.store import open_database

    check_output_place("--picture", picture, FIGURES)
    with open_database(db, frames=folder) as database:
        found = what_if(
            database, session, options, seeds=seeds, trials=trials, say=say_line, began=_say_error
        )
    _say_table(found)
    draw_what_if(found, picture)
    print(f"picture   {picture.absolute()}")
    return 0


def _say_error(found: LeftOut) -> None:
    print(
        f"model     trials left out are predicted to {found.rms:.3g} rms, where they spread by"
        f" {found.spread:.3g};"
    )
    print(f"          {found.covered:.0%} of them lie within its 95 % intervals", flush=True)


def _say_table(found: WhatIf) -> None:
    low, high = min(found.optimum), max(found.optimum)
    print(
        f"optimum   {_median(found.optimum):.4g} ({low:.4g} to {high:.4g}) {found.objective},"
        f" in {len(found.optimum)} worlds that the {found.n_trials} trials allow"
    )
    every = (found.recorded, *found.outcomes)
    ends = [float(one.band.frames[-1]) for one in every]
    most = max(ends)
    close = _CLOSE * _median(found.optimum)
    width = max(len(one.name) for one in every)
    heads = [f"after {round(most * share)} frames" for share in _QUARTERS]
    print(f"regret    {'':{width}s}  " + "  ".join(f"{head:>24s}" for head in heads))
    for one in every:
        cells = [_cell(one, round(most * share)) for share in _QUARTERS]
        print(f"          {one.name:{width}s}  " + "  ".join(f"{cell:>24s}" for cell in cells))
    for one in every:
        print(f"          {one.name:{width}s}  {_reaches(one, close)}")


def _cell(outcome: Outcome, frames: float) -> str:
    median, low, high = outcome.band.at(frames)
    if math.isnan(median):
        return "no trial yet"
    return f"{median:.3g} ({low:.3g} to {high:.3g})"


def _reaches(outcome: Outcome, close: float) -> str:
    frames = outcome.frames_to(close)
    ends = int(outcome.band.frames[-1])
    if lost := outcome.without_winner:
        return f"in {lost} of {len(outcome.curves)} searches no trial keeps to the constraints"
    if math.isinf(frames):
        return f"lacks more than {_CLOSE:.0%} at its end, {ends} frames"
    return f"lacks {_CLOSE:.0%} or less after {frames:.0f} frames; ends after {ends}"


def _median(values: tuple[float, ...]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
