"""Commands that calibrate a camera, and list what was calibrated."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames, RigPath
from hil.cli.queries import Form, Output, write
from hil.cli.screen.unread import Unread, whoever_reads
from hil.report.files.output_place import FIGURES, check_output_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from hil.calibration import CameraCalibration
    from hil.calibration.calibrate import CalibrationProgress


PLACE = 40


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
    from hil.calibration.calibrate import CalibrationRefused, calibrate_rig

    check_output_place("--plot", plot, FIGURES)
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
    with whoever_reads():
        print(f"calibration     {done.record.id[:8]}")
        print(done.fit)
        for remark in done.fit.notes:
            print(f"note            {remark}")
        _say_maps(done.fit)
        print(f"holds for       {'; '.join(f'{k} = {v}' for k, v in done.tie.settings.items())}")
        for name, kelvin in done.tie.temperatures.items():
            print(f"                {name} = {kelvin:g} +- {done.tie.temperature_band_k:g}")
        for name, text in done.tie.identity.items():
            print(f"                {name}: {text}")
        if not done.tie.camera_is_known:
            print(
                "note            the camera says no serial number: another one would go unnoticed"
            )
        print(f"database        {done.database}")
    _plot(done.fit, plot)


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


def _say_maps(fit: CameraCalibration) -> None:
    maps = fit.maps
    if maps is None or maps.response_spread is None or maps.response_sd is None:
        return
    print(
        f"maps            response spreads by {maps.response_spread:.2%} over the pixels, known to"
        f" {maps.response_sd:.2%} each; {1 - maps.usable.mean():.2%} of the pixels masked"
    )


def _plot(fit: CameraCalibration, path: Path) -> None:
    from hil.errors import HilError
    from hil.report.transfer_plot import save_fit_plot

    try:
        save_fit_plot(fit, path)
    except OSError as error:
        raise HilError(f"{path}: the plot could not be written: {error.strerror}") from error
    print(f"plot            {path.absolute()}")


@contextmanager
def _progress() -> Iterator[Callable[[CalibrationProgress], None]]:
    """Show how far it is: a bar in a terminal, else a line for each step."""
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from hil.cli.screen.terminal import SafeConsole

    console = SafeConsole(sys.stderr)
    if not console.is_terminal:
        with Unread() as screen:
            yield _Lines(console, screen)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    # Drawn here alone: a thread of Rich's would hold its lock while nobody reads.
    bars = Bars(*columns, console=console, auto_refresh=False)
    task = bars.add_task("")
    with Unread() as screen:

        def draw(progress: CalibrationProgress) -> None:
            bars.start()  # here, since the oldest of what is to be shown may be dropped
            bars.update(
                task,
                total=progress.total,
                completed=progress.done,
                description=escape(progress.words),
                refresh=True,
            )

        try:
            yield lambda progress: screen.show(partial(draw, progress))
        finally:
            screen.show(bars.stop)


class _Lines:
    """One line for each step, for logs."""

    def __init__(self, console: Console, screen: Unread) -> None:
        self._console = console
        self._screen = screen
        self._said = ""

    def __call__(self, progress: CalibrationProgress) -> None:
        if progress.words != self._said:
            self._said = progress.words
            line = f"{progress.done} of {progress.total} frames, {progress.words}"
            self._screen.show(lambda: self._console.print(line, markup=False, soft_wrap=True))
