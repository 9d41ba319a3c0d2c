"""Commands at the rig: describe it, check it, park it, go to the best settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hil.cli.options import Db, Frames, RigPath, SessionRef
from hil.cli.screen.asking import ask, say_line

PLACE = 20


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    rig = typer.Typer(help="Describe and check a rig.", no_args_is_help=True)
    rig.command("init")(init)
    rig.command("check")(check)
    app.add_typer(rig, name="rig")
    app.command()(park)
    app.command()(apply)


def init(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.cfg]", help="A Micro-Manager configuration."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="RIG.toml", help="Where it goes.")
    ] = Path("rig.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="LABEL",
            help="Leave this device out, one that is not attached say. May be given again.",
        ),
    ] = None,
    slm: Annotated[
        list[str] | None,
        typer.Option("--slm", metavar="KIND", help="A light modulator: santec, screen, ..."),
    ] = None,
    visa: Annotated[
        list[Path] | None,
        typer.Option("--visa", metavar="TABLE.toml", help="An instrument by its table."),
    ] = None,
    epics: Annotated[
        list[str] | None,
        typer.Option("--epics", metavar="PREFIX", help="An areaDetector camera of EPICS."),
    ] = None,
    session: Annotated[
        Path | None,
        typer.Option("--session", metavar="SESSION.toml", help="Write a first session, too."),
    ] = None,
) -> None:
    """Write a first rig file from what there is. Loading a configuration may move devices."""
    from hil.cli.files.first_session import write_session
    from hil.cli.files.schema import schema_text, write_schema
    from hil.errors import InputError
    from hil.rig.draft import SCHEMA_FILE, draft
    from hil.rig.draft_sources import Sources, draft_drivers, draft_head

    sources = Sources(slm or (), visa or (), epics or ())
    if config is None and not sources.any():
        raise InputError("hil rig init", "", "give FILE.cfg, --slm, --visa or --epics")
    if config is None and without:
        raise InputError("--without", "", "goes with FILE.cfg")
    if config is not None and not config.is_file():
        known = "`hil doctor` lists the configurations that are found on this computer"
        raise InputError(config, "", f"no such file; {known}")
    for path in (output, *([] if session is None else [session])):
        if path.exists() and not force:
            raise InputError(path, "", "exists already; --force overwrites it")
    if session is not None and session.absolute() == output.absolute():
        raise InputError("--session", str(session), "that is the rig file")
    further = "".join(draft_drivers(sources, output))
    warnings: tuple[str, ...] = ()
    exposure: tuple[str, float] | None = None
    if config is None:
        text = draft_head(sources, output) + further
    else:
        drafted = draft(config, output, without or ())
        text, warnings = drafted.text + further, drafted.warnings
        exposure = drafted.exposure
    output.write_text(text, encoding="utf-8", newline="\n")
    schema = output.with_name(SCHEMA_FILE)
    if not schema.exists():
        write_schema(schema, schema_text("rig"))
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"wrote {output}: go through its limits and [noise], then hil rig check {output}")
    if session is not None:
        write_session(session, output, text, exposure)
        print(f"wrote {session}: then hil check {session}, hil run {session}")


def check(rig: RigPath) -> int:
    """Show every setting with unit, bounds and present value, and what is wrong. Connects."""
    from hil.cli.rig_check import check_rig

    return check_rig(rig)


def park(rig: RigPath, db: Db = None) -> int:
    """Bring every device to its safe state, light first."""
    from hil.supervision.park import park_rig

    parked = park_rig(rig, db)
    problems = parked.problems
    for words in parked.passed:
        print(f"warning: a limit was passed: {words}", file=sys.stderr)
    for problem in problems:
        print(f"error: {problem.setting}: {problem.message}", file=sys.stderr)
    if not problems:
        print("parked")
    return 1 if problems else 0


def apply(
    session: SessionRef,
    best: Annotated[bool, typer.Option("--best", help="The winner's settings.")] = False,
    trial: Annotated[
        int | None, typer.Option("--trial", metavar="N", help="The settings of this trial.")
    ] = None,
    rig: Annotated[
        Path | None,
        typer.Option("--rig", metavar="RIG.toml", help="Another rig file than the session's."),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Move the rig to a trial's settings; the rig stays as it then is, lit where they say so."""
    from hil.errors import InputError
    from hil.session.apply import apply_trial

    if best == (trial is not None):
        raise InputError("hil apply", "", "give either --best or --trial N")
    applied = apply_trial(
        session, None if best else trial, rig, db, frames, say=say_line, confirm=ask
    )
    for name, value in applied.items():
        print(f"{name} = {value}")
