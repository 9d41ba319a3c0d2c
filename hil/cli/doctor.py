"""``hil doctor``: what is installed and attached, and whether this computer is fit for a night."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames

if TYPE_CHECKING:
    from hil.spec import RigFile

PLACE = 95


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(doctor)


def doctor(
    rig: Annotated[
        Path | None,
        typer.Argument(metavar="[RIG.toml]", help="Whether its devices are found, too."),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Say what is installed, which devices are found, and whether this computer is fit for a night.

    Opens no device, and moves none; `hil rig check` does.
    """
    from hil.cli.upkeep.night import night
    from hil.report.installed import findings
    from hil.spec import load_rig_file

    file = None if rig is None else load_rig_file(rig)
    for found in (findings(), _devices(file), night(db, frames)):
        for name, said in found:
            print(f"{name:<14} {' '.join(said.split())}", flush=True)


def _devices(rig: RigFile | None) -> Iterator[tuple[str, str]]:
    from drivers.listing import Listed, look
    from hil.cli.upkeep.rig_devices import rig_devices

    listed: dict[str, Listed] = {}
    for name, one in look():
        listed[name] = one
        yield name, one.line()
    if rig is not None:
        yield from rig_devices(rig, listed)
