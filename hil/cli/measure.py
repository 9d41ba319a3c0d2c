"""``hil measure``: the information now, its repeatability, and advice."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hil.cli.options import Db, Frames, RigPath
from hil.cli.runs import Accept
from hil.cli.screen.unread import Unread, whoever_reads

if TYPE_CHECKING:
    from hil.measure.measure import MeasureResult


PLACE = 50


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(measure)


def measure(
    rig: RigPath,
    session: Annotated[
        Path | None,
        typer.Option(
            "--session",
            metavar="SESSION.toml",
            help="Use this session's fields of view, repeats, estimator and fixed settings.",
        ),
    ] = None,
    measurements: Annotated[
        int, typer.Option("-n", "--measurements", metavar="N", help="How many.", min=3)
    ] = 10,
    form: Annotated[Literal["text", "json"], typer.Option("--format", help="How to say it.")] = (
        "text"
    ),
    accept_calibration: Accept = False,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Measure the information at the present settings ten times, and say what to do about it."""
    from hil.measure.measure import measure_rig

    with Unread() as screen:

        def show(done: int, total: int) -> None:
            screen.show(lambda: print(f"{done} of {total} measurements", file=sys.stderr))

        measured = measure_rig(
            rig,
            db,
            frames=frames,
            session=session,
            measurements=measurements,
            accept_calibration=accept_calibration,
            observer=show,
        )
    with whoever_reads():
        if form == "json":
            print(json.dumps(measured.to_json(), indent=2))
        else:
            _say(measured)


def _say(measured: MeasureResult) -> None:
    found = measured.found
    ratio = found.noise_variance_ratio
    print(f"information    {found.bits_per_pixel:.4f} bits per pixel, {measured.estimator}")
    print(f"interval       {found.ci_low:.4f} to {found.ci_high:.4f} ({found.confidence:.0%})")
    print(f"lower bound    {measured.lower_bound}")
    print(
        f"repeatability  {found.repeat_sd_bits:.4f} bit from one measurement to the next,"
        f" {found.predicted_sd_bits:.4f} by the interval"
    )
    print(f"drift          {found.drift_bits:+.4f} bit, by chance with p = {found.drift_p:.2g}")
    print(
        f"saturation     {found.saturated_share:.2%} of pixels,"
        f" the brightest at {measured.brightest_share:.0%} of the camera's range"
    )
    checked = "not checked" if ratio is None else f"{ratio:.3f} of the noise model's variance"
    source = f", calibration {measured.calibration[:8]}" if measured.calibration else ""
    print(f"noise          {checked}{source}")
    counts = (f"{flag} ({n} of {len(found.per_measurement)})" for flag, n in found.flags.items())
    print(f"flags          {', '.join(counts) or 'none'}")
    print(f"fields         {measured.n_fields}, {measured.repeats} frames each; to tell apart")
    for difference, n in found.fields_needed.items():
        print(f"               {difference:5g} bit: {n or 'more than 100,000'} fields")
    for name, value in measured.settings.items():
        print(f"               {name} = {value}")
    for words in measured.advice:
        print(f"advice         {words}")
    if not measured.advice:
        print("advice         none: nothing is amiss")
    print(f"stored         {measured.stored or 'nothing: there is no database'}")
