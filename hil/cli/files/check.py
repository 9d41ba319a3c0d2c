"""``hil check``: what a session would be refused for, and what it would cost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames

if TYPE_CHECKING:
    from hil.spec import SessionFile


def check(
    session: Annotated[Path, typer.Argument(metavar="SESSION.toml", help="The session file.")],
    db: Db = None,
    frames: Frames = None,
    trials: Annotated[
        int | None, typer.Option("--trials", metavar="N", help="Another number of trials.")
    ] = None,
    rig: Annotated[
        Path | None,
        typer.Option("--rig", metavar="RIG.toml", help="Another rig file than the session's."),
    ] = None,
    accept_calibration: Annotated[
        bool, typer.Option("--accept-calibration", help="As for `hil run`.")
    ] = False,
) -> int:
    """Say all that `hil run` would refuse, and what the session costs; no device is opened."""
    from hil.cli.again.rehearsal import say_cost
    from hil.replay.rehearsal.checked import check_session

    told = check_session(
        session,
        rig,
        database=db,
        frames=frames,
        trials=trials,
        accept_calibration=accept_calibration,
    )
    for problem in told.problems:
        print(f"error: {' '.join(str(problem).split())}", file=sys.stderr)
    if told.file is not None and told.cost is not None:
        say_cost(told.cost)
        _say_stops(told.file)
        if not told.asked_devices:
            print(
                f"not asked  the devices of {told.file.rig.path.name}: whether they have these"
                " settings, and allow them"
            )
    if not told.problems:
        print("nothing is refused")
    return 2 if told.problems else 0


def _say_stops(file: SessionFile) -> None:
    """Say where rules end it before all that is spent."""
    stop = file.spec.stop
    rules = [
        f"{name} = {value:g}"
        for name in ("frames", "dose_mj", "wall_s", "target", "gain")
        if (value := getattr(stop, name)) is not None
    ]
    if rules:
        print(f"stop      earlier by [stop] {', '.join(rules)}")
