"""``hil study DOMAIN --budget small|full``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db
from hil.cli.runs import Note
from hil.report.files.output_place import check_output_place

if TYPE_CHECKING:
    from rich.console import Console

    from hil.study.design import DesignStudy

PLACE = 49


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(study)


def study(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="lensless or satellite, say.")],
    budget: Annotated[
        str, typer.Option("--budget", metavar="SIZE", help="tiny, brief, small or full.")
    ] = "small",
    cache: Annotated[
        Path,
        typer.Option("--cache", metavar="DIR", help="What was measured is kept and found there."),
    ] = Path("hil-study"),
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.png", help="Draw what was found.")
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="Find too how many labelled scenes decoders need.")
    ] = False,
    design: Annotated[
        bool,
        typer.Option(
            "--design", help="Compare designs by gradient, by trials, end to end and conventional."
        ),
    ] = False,
    note: Note = "",
    db: Db = None,
) -> int:
    """Study whether information predicts how well tasks are done, on a simulated rig."""
    from rich.console import Console

    from hil.study.picture import draw_study
    from hil.study.run import run_study
    from hil.study.tables import HEAD, audit_rows, label_rows, rows_of, verdicts

    if plot is not None:
        check_output_place("--plot", plot, (".png",))
    found = run_study(
        domain,
        db,
        budget=budget,
        labels=labels,
        design=design,
        cache=cache,
        note=note,
        said=lambda line: print(f"study     {line}", flush=True),
    )
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, task in found.prediction.tasks.items():
        _show(console, f"{found.domain.name}: {name}", HEAD, rows_of(task))
    for line in verdicts(found.domain, found.prediction):
        console.print(line)
    for line in label_rows(found.labels):
        console.print(line)
    if found.audit is not None:
        for line in audit_rows(found.domain, found.audit):
            console.print(line)
    if found.designs is not None:
        _show_designs(console, found.designs)
    console.print(
        f"{len(found.prediction.settings)} settings, {found.domain.fixed};"
        f" {found.prediction.cpu_s:.0f} CPU s; session {found.session_id[:8]}"
    )
    if plot is not None:
        draw_study(found.domain, found.prediction, plot)
    return 0


def _show_designs(console: Console, found: DesignStudy) -> None:
    from hil.study.design.compare import GRADIENT
    from hil.study.design.rows import (
        COST_HEAD,
        cost_rows,
        design_verdicts,
        score_head,
        score_rows,
    )
    from hil.study.tables import label_rows

    _show(
        console, "designs (against the task's own end to end)", score_head(found), score_rows(found)
    )
    _show(console, "what they cost", COST_HEAD, cost_rows(found))
    first = sorted(found.labels, key=lambda one: one.chosen_by != GRADIENT)
    for line in (*design_verdicts(found), *label_rows(first)):
        console.print(line)


def _show(console: Console, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(*head, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
