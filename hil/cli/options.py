"""Options and output that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from hil.cli.screen.completion import session_ids

Db: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="Database. Without it $HIL_DATABASE, else sqlite:///hil.db in this folder.",
    ),
]
Frames: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--frames",
        metavar="DIR",
        help="Folder of the frames. Without it $HIL_FRAMES, else hil-frames beside the database.",
    ),
]
RigPath: TypeAlias = Annotated[Path, typer.Argument(metavar="RIG.toml", help="The rig file.")]
SessionRef: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SESSION",
        help="An id, a unique beginning of one, or 'last'.",
        autocompletion=session_ids,
    ),
]
