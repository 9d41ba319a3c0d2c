"""``hil frames``: a trial's frames as a file of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hil.cli.options import Db, Frames, SessionRef


def frames(
    session: SessionRef,
    trial: Annotated[int, typer.Argument(metavar="TRIAL", help="Its number.", min=0)],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.tif|zarr|npy", help="Where to.")
    ],
    db: Db = None,
    frames_folder: Frames = None,
) -> None:
    """Write a trial's frames for napari, Fiji, ...: fields of view and repeats are axes."""
    from hil.report.frame_files.stack import trial_stack
    from hil.report.frame_files.writing import check_ending, write_frames
    from hil.store import open_database

    check_ending(output)
    with open_database(db, frames=frames_folder, read_only=True) as database:
        stack = trial_stack(database, session, trial)
    write_frames(stack, output)
    n_fields, n_repeats, *frame = stack.pixels.shape
    shown = " x ".join(map(str, frame))
    print(f"wrote {output}: {n_fields} fields of view, {n_repeats} repeats, {shown}")
