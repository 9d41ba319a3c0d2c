"""``hil replay``: a recorded session again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.again.what_if import answer_what_if
from hil.cli.options import Db, SessionRef
from hil.cli.runs import drive_session, exit_status, summarise
from hil.cli.screen.completion import estimators
from hil.report.files.output_place import FIGURES, check_output_place

if TYPE_CHECKING:
    from hil.records.session import Observer
    from hil.replay.comparison import Comparison
    from hil.replay.from_frames import Changes
    from hil.session.result import SessionResult

PLACE = 45
_TOLERANCE = 1e-6
_SEEDS = 20


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(replay)


def replay(
    session: SessionRef,
    from_frames: Annotated[
        bool, typer.Option("--frames", help="From the frames that were recorded.")
    ] = False,
    on: Annotated[
        Path | None,
        typer.Option("--on", metavar="RIG.toml", help="Measure its settings again on this rig."),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="KEY=VALUE,...",
            help="Other searches, on a model of its trials: sampler=gp,tpe; trials, frames, target,"
            " gain, remeasure. Repeatable.",
        ),
    ] = None,
    estimator: Annotated[
        str | None,
        typer.Option(
            "--estimator", metavar="NAME", help="Another estimator.", autocompletion=estimators
        ),
    ] = None,
    patch_size: Annotated[
        int | None, typer.Option("--patch-size", metavar="N", help="Another side of a patch.")
    ] = None,
    noise: Annotated[
        str | None,
        typer.Option("--noise", metavar="KIND:KEY=VALUE,...", help="Another noise model."),
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option("--calibration", metavar="ID", help="A calibration as the noise model."),
    ] = None,
    objective: Annotated[
        str | None, typer.Option("--objective", metavar="NAME", help="Another objective.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="End with status 1 if an estimate has moved.")
    ] = False,
    tolerance: Annotated[
        float | None,
        typer.Option("--tolerance", metavar="T", help="What --check lets pass, bits; 1e-6."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", metavar="N", help="Runs of each search; 20.", min=2)
    ] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", metavar="N", help="Trials of each search.", min=1)
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="FILE", help="Where the figure goes: hil-what-if.png, or of --on."
        ),
    ] = None,
    db: Db = None,
    folder: Annotated[
        Path | None,
        typer.Option("--frames-folder", metavar="DIR", help="As --frames of other commands."),
    ] = None,
) -> int:
    """Replay a recorded session through the same controller, as a session of its own."""
    from hil.errors import InputError
    from hil.replay.from_frames import Changes

    changes = Changes(estimator, patch_size, objective, noise, calibration)
    if [from_frames, on is not None, bool(what_if)].count(True) != 1:
        problem = "say from what: either --frames, --on RIG.toml or --what-if KEY=VALUE,..."
        raise InputError("hil replay", "", problem)
    if what_if:
        if changes.any or check or tolerance is not None:
            raise InputError("--what-if", what_if[0], "goes without what belongs to --frames")
        chosen = picture or Path("hil-what-if.png")
        return answer_what_if(session, what_if, seeds or _SEEDS, trials, chosen, db, folder)
    for name, given in (("--seeds", seeds), ("--trials", trials)):
        if given is not None:
            raise InputError(name, str(given), "belongs to --what-if")
    if picture is not None and on is None:
        raise InputError("--picture", str(picture), "belongs to --what-if and --on")
    if on is not None and (changes.any or check or tolerance is not None):
        raise InputError("--on", str(on), "goes without what belongs to --frames")
    if noise is not None and calibration is not None:
        raise InputError("hil replay", "", "give either --noise or --calibration")
    if check and changes.any:
        problem = "compares the same estimator, noise and objective: leave the others out"
        raise InputError("--check", "", problem)
    if tolerance is not None and (not check or not tolerance >= 0):
        raise InputError("--tolerance", f"{tolerance:g}", "allowed: 0 or more, with --check")
    if on is not None:
        return _on_rig(session, on, picture or Path("hil-replay.png"), db, folder)
    return _from_frames(session, changes, check, tolerance, db, folder)


def _on_rig(session: str, rig: Path, picture: Path, db: str | None, folder: Path | None) -> int:
    from hil.clock import SystemClock
    from hil.replay.comparison import compare
    from hil.replay.on_rig import replay_on
    from hil.report.replay_plot import draw_replay
    from hil.store import open_database
    from hil.supervision.approach import darken_left_lit

    check_output_place("--picture", picture, FIGURES)
    darken_left_lit(db, SystemClock(), rig)
    with open_database(db, frames=folder) as database:
        record = database.session(session)

    def work(view: Observer) -> SessionResult:
        return replay_on(record.id, rig, db, frames=folder, observer=view)

    result = drive_session(work, record.name, record.objectives[0])
    summarise(result)
    with open_database(db, frames=folder) as database:
        found = compare(database, record.id, result.session_id)
        pairs = [(pair.original, pair.replayed) for pair in found.pairs]
        if pairs:
            told = (found.rank_correlation, found.bias)
            draw_replay(database, (record.id, result.session_id), pairs, told, picture)
    say_comparison(found, record.id, True)
    print(f"bias      {found.bias:+.4g} in the objective, the mean over trials")
    if pairs:
        print(f"picture   {picture.absolute()}")
    return exit_status(result)


def _from_frames(
    session: str,
    changes: Changes,
    check: bool,
    tolerance: float | None,
    db: str | None,
    folder: Path | None,
) -> int:
    from hil.replay.comparison import compare
    from hil.replay.from_frames import replay_frames
    from hil.store import open_database

    with open_database(db, frames=folder) as database:
        record = database.session(session)

    def work(view: Observer) -> SessionResult:
        return replay_frames(record.id, db, frames=folder, changes=changes, observer=view)

    result = drive_session(work, record.name, changes.objective or record.objectives[0])
    summarise(result)
    with open_database(db, frames=folder) as database:
        found = compare(database, record.id, result.session_id)
    say_comparison(found, record.id, changes.any)
    if not check:
        return exit_status(result)
    return _check(found, _TOLERANCE if tolerance is None else tolerance) or exit_status(result)


def say_comparison(found: Comparison, original: str, changed: bool) -> None:
    """Print a replay beside its original."""
    print(f"replay of {original[:8]}: {len(found.pairs)} trials")
    largest = max((pair.moved_bits for pair in found.pairs), default=0.0)
    if changed:
        print("          trial  then      now")
        for pair in found.pairs:
            print(f"          {pair.original:5d}  {pair.before:<8.5g}  {pair.after:<8.5g}")
        print(f"order     rank correlation {found.rank_correlation:.4f}")
    print(f"moved     by at most {largest:.3g} bits per pixel")
    if found.winner is None:
        print(f"winner    none then; now {_trial(found.winner_now)}")
    elif found.winner == found.winner_now:
        print(f"winner    trial {found.winner}, then and now")
    else:
        place = (
            "without a value" if found.winner_place is None else f"at place {found.winner_place}"
        )
        now = "no trial may win"
        if found.winner_now is not None:
            now = f"trial {found.winner_now} would have won"
        print(f"winner    was trial {found.winner}, now {place}; {now}")


def _trial(number: int | None) -> str:
    return "none" if number is None else f"trial {number}"


def _check(found: Comparison, tolerance: float) -> int:
    moved = found.moved(tolerance)
    if not moved:
        print(f"check     no estimate moved by more than {tolerance:g} bits per pixel")
        return 0
    listed = ", ".join(f"{pair.original} ({pair.moved_bits:.3g})" for pair in moved[:10])
    more = f" and {len(moved) - 10} more" if len(moved) > 10 else ""
    print(
        f"error: {len(moved)} of {len(found.pairs)} trials moved by more than {tolerance:g} bits"
        f" per pixel: {listed}{more}",
        file=sys.stderr,
    )
    for name, (then, now) in found.versions.items():
        print(f"version   {name}: {then or 'none'} then, {now or 'none'} now", file=sys.stderr)
    if not found.versions:
        print("version   all are the same: it is the code or the machine", file=sys.stderr)
    return 1
