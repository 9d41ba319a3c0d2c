"""Commands that calibrate a camera, and list what was calibrated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames, RigPath
from hil.cli.queries import Form, Output, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from hil.calibration import CameraCalibration
    from hil.calibration.calibrate_rig import Progress


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(calibrate)
    app.command()(calibrations)


def calibrate(
    rig: RigPath,
    flat: Annotated[
        bool, typer.Option("--flat", help="Take the flat field too, for maps of the pixels.")
    ] = False,
    frames_per_level: Annotated[
        int | None,
        typer.Option("-n", "--repeats", metavar="N", help="Frames at each level.", min=4),
    ] = None,
    plot: Annotated[
        Path, typer.Option("--plot", metavar="FILE.png", help="Where the plot of the fit goes.")
    ] = Path("calibration.png"),
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="A note on it.")] = "",
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Measure gain, offset and noise of the camera by photon transfer, and store them."""
    from hil.calibration.calibrate_rig import CalibrationRefused, calibrate_rig
    from hil.errors import InputError

    if not plot.parent.is_dir() or plot.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise InputError(
            "--plot", str(plot), "allowed: a .png, .pdf or .svg file in a folder that exists"
        )
    try:
        with _progress() as observer:
            done = calibrate_rig(
                rig,
                db,
                frames=frames,
                flat=flat,
                repeats=frames_per_level,
                note=note,
                observer=observer,
            )
    except CalibrationRefused as refused:
        _plot(refused.fit, plot)
        raise
    _plot(done.fit, plot)
    print(f"calibration     {done.record.id[:8]}")
    print(done.fit)
    for remark in done.fit.notes:
        print(f"note            {remark}")
    print(f"holds for       {'; '.join(f'{k} = {v}' for k, v in done.tie.settings.items())}")
    for name, kelvin in done.tie.temperatures.items():
        print(f"                {name} = {kelvin:g} +- {done.tie.temperature_band_k:g}")
    for name, text in done.tie.identity.items():
        print(f"                {name}: {text}")
    if not done.tie.camera_is_known:
        print("note            the camera says no serial number: another one would go unnoticed")
    print(f"database        {done.database}")


def calibrations(
    rig: Annotated[
        str | None, typer.Option("--rig", metavar="NAME", help="Those of this rig alone.")
    ] = None,
    form: Form = None,
    output: Output = None,
    db: Db = None,
) -> None:
    """List calibrations, newest first."""
    from hil.store import open_database

    with open_database(db) as database:
        write(database.calibrations(rig), form, output, _COLUMNS)


_COLUMNS = [
    "calibration_id",
    "rig",
    "camera",
    "created_at",
    "gain_e_per_adu",
    "offset_adu",
    "read_noise_e",
    "maps",
    "note",
]


def _plot(fit: CameraCalibration, path: Path) -> None:
    from hil.calibration.fit_plot import save_fit_plot

    save_fit_plot(fit, path)
    print(f"plot            {path.absolute()}")


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show how far it is: a bar in a terminal, else a line for each step."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Bars(*columns, console=console) as bars:
        task = bars.add_task("")

        def show(progress: Progress) -> None:
            bars.update(
                task,
                total=progress.total,
                completed=progress.done,
                description=escape(progress.words),
            )

        yield show


class _Lines:
    """One line for each step, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        if progress.words != self._said:
            self._said = progress.words
            line = f"{progress.done} of {progress.total} frames, {progress.words}"
            self._console.print(line, markup=False, soft_wrap=True)
