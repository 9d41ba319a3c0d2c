"""Commands that run sessions."""

from __future__ import annotations

import gc
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from hil.cli.again.rehearsal import rehearse_session
from hil.cli.options import Db, Frames, SessionRef
from hil.cli.screen.asking import ask, say_line
from hil.cli.screen.completion import searched
from hil.cli.screen.unread import whoever_reads
from hil.report.files.output_place import check_output_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from hil.ranking.drift import Drift
    from hil.records.session import Observer
    from hil.session.result import SessionResult
    from hil.spec import SessionFile

    Work: TypeAlias = Callable[[Observer], SessionResult]

Trials = Annotated[
    int | None, typer.Option("--trials", metavar="N", help="Another number of trials.")
]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Tag the session; repeatable.")
]
Accept = Annotated[
    bool,
    typer.Option(
        "--accept-calibration",
        help="Use a calibration although the camera was in another state when it was made.",
    ),
]
OtherRig = Annotated[
    Path | None,
    typer.Option("--rig", metavar="RIG.toml", help="Another rig file than the session's."),
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="A note on the session.")]


PLACE = 10


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(demo)
    app.command()(run)
    app.command()(resume)
    app.command()(join)


def demo(
    db: Db = None,
    frames: Frames = None,
    trials: Trials = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Another hidden aberration.", min=0)
    ] = None,
    picture: Annotated[
        Path, typer.Option(metavar="FILE.png", help="Where the picture goes.")
    ] = Path("hil-demo.png"),
) -> int:
    """Sharpen a simulated microscope whose optics are aberrated, as a session would a real one."""
    from hil.demo import demo_files
    from hil.session.run import run_session

    check_output_place("--picture", picture, (".png",))
    file = demo_files(seed)
    result = drive_session(
        lambda view: run_session(file, db, frames=frames, trials=trials, observer=view),
        file.spec.name,
        file.spec.objective.names[0],
    )
    summarise(result)
    if result.best is not None:
        _show_truth(file, result, db, frames, picture)
    return exit_status(result)


def _show_truth(
    file: SessionFile, result: SessionResult, db: str | None, frames: Path | None, picture: Path
) -> None:
    """Say and draw what only a simulator knows: how much aberration is left."""
    from hil.demo import residual_rms_nm
    from hil.records.trial import TrialState
    from hil.report.demo_picture import draw
    from hil.store import open_database

    assert result.best is not None
    with open_database(db, frames=frames) as database:
        rows = database.rows(result.session_id)
        rows = [row for row in rows if row.state is TrialState.COMPLETE]
        errors = residual_rms_nm(file, [row.requested for row in rows])
        residual = dict(zip((row.number for row in rows), errors, strict=True))
        draw(database, result, residual, picture)
    print(
        "the optics' aberration, known to the simulator alone:"
        f" {residual[rows[0].number]:.0f} nm rms at first,"
        f" {residual[result.best.number]:.0f} nm at the best trial"
    )
    print(f"picture   {picture.absolute()}")


def run(
    session: Annotated[Path, typer.Argument(metavar="SESSION.toml", help="The session file.")],
    db: Db = None,
    frames: Frames = None,
    trials: Trials = None,
    tag: Tags = None,
    note: Note = "",
    rig: OtherRig = None,
    accept_calibration: Accept = False,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Run it on a simulated rig; the real one is not opened."),
    ] = False,
    on: Annotated[
        Path | None,
        typer.Option("--on", metavar="TWIN.toml", help="The simulated rig of --rehearse."),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option("--faults", metavar="FAULTS.toml", help="What goes wrong in --rehearse."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Store the rehearsal, too, in the database.")
    ] = False,
) -> int:
    """Run a session, with progress, the best so far, and a summary."""
    from hil.errors import InputError
    from hil.session.run import run_session, with_trials
    from hil.spec import load_session_file

    file = load_session_file(session, rig)
    if rehearse:
        file = with_trials(file, trials)
        return rehearse_session(file, on, faults, keep, db, frames, drive_session)
    for name, given in (("--on", on), ("--faults", faults), ("--keep", keep or None)):
        if given is not None:
            raise InputError(name, "", "belongs to --rehearse")

    def work(view: Observer) -> SessionResult:
        return run_session(
            file,
            db,
            frames=frames,
            trials=trials,
            tags=tuple(tag or ()),
            note=note,
            accept_calibration=accept_calibration,
            observer=view,
        )

    result = drive_session(work, file.spec.name, file.spec.objective.names[0])
    summarise(result)
    if file.spec.finish.report:
        write_report_of(result, db, frames)
    return exit_status(result)


def resume(
    session: SessionRef = "last",
    db: Db = None,
    frames: Frames = None,
    trials: Trials = None,
    rig: OtherRig = None,
    accept_calibration: Accept = False,
    search: Annotated[
        list[str] | None,
        typer.Option(
            "--search",
            metavar="SETTING=LOW..HIGH",
            help="Other ranges; repeatable.",
            autocompletion=searched,
        ),
    ] = None,
) -> int:
    """Go on with a session that was interrupted."""
    again = tuple(search or ())
    return _again(session, db, frames, trials, rig, accept_calibration, join=False, search=again)


def join(
    session: SessionRef,
    rig: Annotated[Path, typer.Option("--rig", metavar="RIG.toml", help="This controller's rig.")],
    db: Db = None,
    frames: Frames = None,
    accept_calibration: Accept = False,
) -> int:
    """Work on a running session's study with another rig (PostgreSQL)."""
    return _again(session, db, frames, None, rig, accept_calibration, join=True)


def _again(
    session: str,
    db: str | None,
    frames: Path | None,
    trials: int | None,
    rig: Path | None,
    accept_calibration: bool,
    *,
    join: bool,
    search: tuple[str, ...] = (),
) -> int:
    from hil.clock import SystemClock
    from hil.records.session import SessionState
    from hil.session.run import resume_session
    from hil.session.stored import stored_file
    from hil.store import open_database
    from hil.supervision.approach import darken_left_lit

    darken_left_lit(db, SystemClock(), rig)
    with open_database(db, frames=frames) as database:
        record = database.session(session)
    if record.state is not SessionState.COMPLETE or trials is not None:
        # Before the live view, which leaves no room for a question.
        stored_file(record, rig, say=say_line, confirm=ask)

    def work(view: Observer) -> SessionResult:
        return resume_session(
            record.id,
            db,
            frames=frames,
            trials=trials,
            rig=rig,
            search=search,
            join=join,
            accept_calibration=accept_calibration,
            observer=view,
            confirm=lambda question: True,
        )

    result = drive_session(work, record.name, record.objectives[0])
    summarise(result)
    # Of several controllers the one that began the session writes its page.
    if not join and tomllib.loads(record.session_text).get("finish", {}).get("report") is True:
        write_report_of(result, db, frames)
    return exit_status(result)


def drive(work: Work, name: str, objective: str) -> int:
    """Run a session under a terminal view, print its summary, and return the exit status."""
    result = drive_session(work, name, objective)
    summarise(result)
    return exit_status(result)


def drive_session(work: Work, name: str, objective: str) -> SessionResult:
    """Run a session under a terminal view."""
    from hil.cli.progress import TerminalView
    from hil.cli.screen.terminal import SafeConsole

    gc.freeze()  # what libraries made while they loaded stays
    gc.set_threshold(700, 10, 10)  # a night makes garbage, frames among it
    console = SafeConsole(sys.stderr)
    with TerminalView(console, name, objective) as view:
        result = work(view)
    return result


def write_report_of(result: SessionResult, db: str | None, frames: Path | None) -> None:
    """Write the page of a session that has ended; what it measured does not hang on that."""
    from hil.errors import HilError
    from hil.report.page import write_report
    from hil.store import open_database

    path = Path(f"hil-report-{result.session_id[:8]}.html")
    try:
        with open_database(db, frames=frames) as database:
            write_report(database, result.session_id, path)
    except (HilError, OSError) as error:
        say_line(f"report    not written: {error}")
        return
    with whoever_reads():
        print(f"report    {path.absolute()}")


def exit_status(result: SessionResult) -> int:
    """Exit status of a session: 130 if a person stopped it, 1 if it brought nothing."""
    from hil.records.session import SessionState

    if result.state is SessionState.STOPPED:
        return 0 if result.reason == "hil stop" else 130
    if result.state is SessionState.FAILED or not result.n_complete:
        return 1
    return 0


def _say_drift(drift: Drift) -> None:
    print(
        f"drift     {drift.bits:+.4f} ({drift.ci_low:+.4f} to {drift.ci_high:+.4f}) bits per pixel"
        f" at the reference's settings, {drift.n_references} measurements"
    )
    if drift.significant:
        print(
            f"          as if {drift.brightness:.0%} of the light were left; trials are ranked"
            " without it"
        )


def _say_best(result: SessionResult) -> None:
    best, winner = result.winner or result.best, result.winner
    assert best is not None
    print(
        f"best      trial {best.number}: {best.objective:.4f}"
        f" ({best.ci_low:.4f} to {best.ci_high:.4f}) {result.objective}"
    )
    if best.n_measured > 1:
        print(f"          mean of {best.n_measured} measurements at these settings")
    if winner is None:
        return
    print(
        f"winner    the best of {winner.n_compared} leaders with probability"
        f" {winner.probability:.2f}, by fresh frames"
    )
    if winner.as_good:
        listed = ", ".join(map(str, winner.as_good))
        print(f"          as good, for all that is known: trial {listed}")


def summarise(result: SessionResult) -> None:
    """Print what a session came to; names come from users and devices and are not markup.

    Who reads no longer changes nothing of how the session ended.
    """
    with whoever_reads():
        _summarise(result)


def _summarise(result: SessionResult) -> None:
    print(f"session   {result.session_id[:8]}  {result.name}")
    print(f"state     {result.state}: {result.reason}")
    print(f"trials    {result.n_complete} complete of {result.n_trials}")
    if result.sampler:
        print(f"sampler   {result.sampler}")
    if result.best is not None:
        _say_best(result)
        for setting, value in result.best_settings.items():
            shown = f"{value:.6g}" if isinstance(value, float) else str(value)
            print(f"          {setting} = {shown}")
    elif result.n_complete:
        print("best      none: every complete trial breaks a constraint")
    if result.drift is not None:
        _say_drift(result.drift)
    for flag, n in sorted(result.flags.items(), key=lambda item: -item[1]):
        print(f"flag      {flag}: {n} of {result.n_complete} trials")
    for guard, n in sorted(result.refused.items(), key=lambda item: -item[1]):
        print(f"refused   {guard}: frames of {n} {'trial' if n == 1 else 'trials'}")
    if result.n_barred:
        print(
            f"barred    {result.n_barred} of {result.n_complete} trials: their flags say that the"
            " number is wrong; docs/reading_the_number.md says what to mend, and [constraints]"
            " allow_flags lets them win as they are"
        )
    if result.n_complete and not result.noise_checked:
        print("noise     not checked: repeats = 1")
    for one in result.happened:
        if one.severity.rank > 0:
            last = f"; {'the last: ' if one.n > 1 else ''}{' '.join(one.last.split())[:160]}"
            print(f"{one.severity.value:<10}{one.what}: {one.n}{last if one.last else ''}")
    quiet = sum(one.n for one in result.happened if one.severity.rank == 0)
    if quiet:
        print(f"info      {quiet} more events: hil events {result.session_id[:8]}")
    print(f"database  {result.database}")
    print(f"frames    {result.frames}")
