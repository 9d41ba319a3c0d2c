"""``hil modes check``: whether a mirror's modes do what the rig file says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, RigPath
from hil.cli.screen.unread import Unread, whoever_reads
from hil.report.files.output_place import check_output_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hil.measure.mode_check import ModeCheck

PLACE = 25


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    modes = typer.Typer(help="Modes of a deformable mirror.", no_args_is_help=True)
    modes.callback()(_group)
    modes.command("check")(check)
    app.add_typer(modes, name="modes")


def _group() -> None:
    """Modes of a deformable mirror."""


def check(
    rig: RigPath,
    mode: Annotated[
        list[str] | None,
        typer.Option("--mode", metavar="SETTING", help="Only this one. May be given again."),
    ] = None,
    amplitude: Annotated[
        float, typer.Option("--amplitude", metavar="X", help="How far, in the mode's unit.")
    ] = 20.0,
    repeats: Annotated[int, typer.Option("--repeats", help="Frames at each place.", min=4)] = 16,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="FILE.npz",
            help="A reference of the same sample: tells signs and cross-talk.",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE.npz", help="Keep as a reference.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE.png", help="A picture of it.")
    ] = None,
    db: Db = None,
) -> int:
    """Move each mode a little both ways, and say whether it moves, returns, and does as it did."""
    from hil.errors import InputError
    from hil.measure.mode_check import check_modes_of

    if not amplitude > 0 or amplitude == float("inf"):
        raise InputError("--amplitude", "", f"{amplitude:g}, allowed: a number above 0")
    if save is not None:
        check_output_place("--save", save, (".npz",))
    if plot is not None:
        check_output_place("--plot", plot, (".png",))

    with Unread() as screen:

        def show(name: str) -> None:
            screen.show(lambda: print(f"moving {name}", file=sys.stderr))

        found = check_modes_of(
            rig,
            db,
            settings=mode or (),
            amplitude=amplitude,
            repeats=repeats,
            against=against,
            observer=show,
        )
    if save is not None:
        found.save(save)
    words = ["; ".join(one.problems()) or "moves and returns" for one in found.modes]
    if plot is not None:
        from hil.report.modes_plot import draw_modes

        draw_modes([one.setting for one in found.modes], words, found.responses, plot)
    with whoever_reads():
        _say(found, words)
        for path in (save, plot):
            if path is not None:
                print(f"wrote {path}")
    return 1 if any(one.problems() for one in found.modes) else 0


def _say(found: ModeCheck, words: Sequence[str]) -> None:
    for one, said in zip(found.modes, words, strict=True):
        sign = "" if one.gain is None else f", {one.gain:.2f} +- {one.gain_sd:.2f} of the reference"
        print(f"{one.setting}  changes the frames by {one.change:.2%}{sign}: {said}")
    if found.resembles is None:
        print("signs and cross-talk: not told without a reference: --save, then --against")
    elif not found.compared:
        print(
            f"signs and cross-talk: not told, the reference explains {found.resembles:.0%} of the"
            " changes: another sample, place or light"
        )
