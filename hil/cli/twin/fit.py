"""``hil twin fit``: a simulated rig fitted to what was recorded."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames, RigPath, SessionRef
from hil.report.files.output_place import check_output_place

if TYPE_CHECKING:
    from hil.replay.twinned.fit_session import FittedSession
    from hil.twin.twin import Parameter
    from sim.parts.unknown import Told

PLACE = 47

twins = typer.Typer(help="Simulated rigs fitted to recorded frames.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(twins, name="twin")


@twins.callback()
def _root() -> None:
    pass


@twins.command()
def fit(
    session: SessionRef,
    rig: RigPath,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="TWIN.toml", help="Where the twin goes.")
    ],
    also: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Further unknowns: axis_scale, gain, ...")
    ] = "",
    scene_known: Annotated[
        bool, typer.Option("--scene-known", help="The rig file's scene is what was recorded.")
    ] = False,
    db: Db = None,
    frames: Frames = None,
) -> int:
    """Fit a simulated rig's unknowns, and the scenes, to the frames of a session."""
    from hil.replay.twinned.fit_session import check_output, fit_session, write_twin

    check_output_place("-o", output, (".toml",))
    check_output(rig, output)
    names = [name.strip() for name in also.split(",") if name.strip()]
    fitted = fit_session(session, rig, db, frames=frames, also=names, scene_known=scene_known)
    say(fitted)
    written, scene = write_twin(fitted, rig, output)
    print(f"twin      {written} and its scene {scene.name}: hil run SESSION.toml --rig {written}")
    return 0


def say(fitted: FittedSession) -> None:
    """Print what was fitted, how sure it is, and what it leaves."""
    numbers = fitted.recorded.numbers
    aside = f", {fitted.recorded.left_aside} left aside" if fitted.recorded.left_aside else ""
    print(f"fitted    {len(numbers)} trials of session {fitted.session[:8]}{aside}")
    notes: list[str] = []
    rows: list[Parameter | Told] = [*fitted.twin.parameters(), *fitted.finished.told]
    wide = max(18, *(len(one.name) for one in rows))
    print(f"          {'parameter':<{wide}}    value     95 % interval")
    for one in rows:
        unit = f" {one.unit}" if one.unit else ""
        ends = f"{one.low:.4g} to {one.high:.4g}{unit}"
        print(f"          {one.name:<{wide}} {one.value:>8.4g}     {ends}")
        if one.note:
            notes.append(f"{one.name}: {one.note}")
    for note in dict.fromkeys(notes):
        print(f"not told  {note}")
    print(f"residuals {1 + fitted.twin.excess:.3f} times the noise, over all trials")
    worst = max(fitted.twin.residuals, key=lambda one: one.ratio)
    print(f"          {worst.ratio:.3f} in the worst, trial {numbers[worst.trial]}")
    out = [one.left_out for one in fitted.twin.residuals if not math.isnan(one.left_out)]
    if out:
        mean = sum(out) / len(out)
        print(f"left out  {mean:.3f} times what is foretold, in {len(out)} trials left out")
