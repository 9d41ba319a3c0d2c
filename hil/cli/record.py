"""``hil record`` and ``hil import``: settings of a table, measured now or by somebody before."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hil.cli.options import Db, Frames, RigPath
from hil.cli.runs import Accept, Note, drive, drive_session, exit_status, summarise
from hil.cli.screen.completion import estimators

if TYPE_CHECKING:
    from hil.records.session import Observer
    from hil.replay.table import SettingsTable
    from hil.session.result import SessionResult

PLACE = 46

Like = Annotated[
    Path | None,
    typer.Option(
        "--session",
        metavar="SESSION.toml",
        help="Use this session's fields of view, repeats, estimator and objective.",
    ),
]
Repeats = Annotated[
    int | None,
    typer.Option("--repeats", metavar="N", help="Frames of each field of view.", min=1),
]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the session.")]


@dataclass(frozen=True, slots=True)
class AsRecorded:
    """What ``hil record`` and ``hil scan`` are told of the session that they make."""

    name: str
    session: Path | None
    repeats: int | None
    note: str
    accept_calibration: bool

    def measure(
        self,
        rig: Path,
        table: SettingsTable,
        db: str | None,
        frames: Path | None,
        **kind: Any,
    ) -> SessionResult:
        """Measure a table under a terminal view, and print a summary."""
        from hil.replay.record import record_table

        told = asdict(self) | kind
        result = drive_session(
            lambda view: record_table(rig, table, db, frames=frames, observer=view, **told),
            self.name,
            "bits_per_pixel",
        )
        summarise(result)
        return result


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(record)
    app.command("import")(import_frames)


def record(
    rig: RigPath,
    settings: Annotated[
        Path, typer.Option("--settings", metavar="TABLE.csv", help="CSV or Parquet, a row a trial.")
    ],
    session: Like = None,
    repeats: Repeats = None,
    name: Name = "",
    note: Note = "",
    accept_calibration: Accept = False,
    db: Db = None,
    frames: Frames = None,
) -> int:
    """Measure a list of settings without any search, as a session."""
    from hil.replay.table import read_table

    table = read_table(settings)
    told = AsRecorded(name or table.path.stem, session, repeats, note, accept_calibration)
    return exit_status(told.measure(rig, table, db, frames))


def import_frames(
    files: Annotated[list[Path], typer.Argument(metavar="FOLDER|FILE...", help="The frames.")],
    settings: Annotated[
        Path | None,
        typer.Option("--settings", metavar="TABLE.csv", help="CSV or Parquet, a row a trial."),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            "--pattern",
            metavar="NAME",
            help="Settings stand in the files' names: z{focus.z_um}.tif. Without this and"
            " --settings they are what the files say.",
        ),
    ] = None,
    noise: Annotated[
        str | None, typer.Option("--noise", metavar="KIND:KEY=VALUE,...", help="The noise model.")
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option("--calibration", metavar="ID", help="A calibration as the noise model."),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option("--axes", metavar="LETTERS", help="What the axes are, as of hil estimate."),
    ] = None,
    estimator: Annotated[
        str | None, typer.Option("--estimator", metavar="NAME", autocompletion=estimators)
    ] = None,
    patch_size: Annotated[int | None, typer.Option("--patch-size", metavar="N")] = None,
    name: Annotated[
        str,
        typer.Option("--name", "-o", "--output", metavar="SESSION", help="Name of the session."),
    ] = "",
    note: Note = "",
    db: Db = None,
    frames: Frames = None,
) -> int:
    """Make a session of frames that this program never took, and a table of their settings."""
    from hil.replay.imported import import_files

    def work(view: Observer) -> SessionResult:
        return import_files(
            files,
            db,
            settings=settings,
            pattern=pattern,
            noise=noise,
            calibration=calibration,
            axes=axes,
            estimator=estimator,
            patch_size=patch_size,
            name=name,
            frames=frames,
            note=note,
            observer=view,
        )

    return drive(work, name or (settings or files[0]).stem, "bits_per_pixel")
