"""``hil demo``: the main job with no arguments, on a simulated microscope."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

from hil.errors import InputError
from hil.ports import TrialState
from hil.rig import Plan, Rig
from hil.spec import RigFile, RigSpec, SessionFile, SessionSpec
from hil.spec.load import parse


def demo_files(seed: int | None = None, aberration_rms_nm: float | None = None) -> SessionFile:
    """Read the demo's two files.

    Parameters
    ----------
    seed
        Another sample, aberration and sequence of proposals; None for the files' own.
    aberration_rms_nm
        Another size of the hidden aberration.
    """
    folder = Path(str(resources.files(__name__)))
    rig_text = (folder / "rig.toml").read_text(encoding="utf-8")
    session_text = (folder / "session.toml").read_text(encoding="utf-8")
    if seed is not None:
        rig_text = re.sub(r"(?m)^seed = \d+", f"seed = {seed}", rig_text)
        session_text = re.sub(r"(?m)^seed = \d+", f"seed = {seed}", session_text)
    if aberration_rms_nm is not None:
        line = f"aberration_rms_nm = {aberration_rms_nm}"
        rig_text = re.sub(r"(?m)^aberration_rms_nm = .*$", line, rig_text)
    rig_path, session_path = folder / "rig.toml", folder / "session.toml"
    rig = RigFile(parse(RigSpec, rig_text, rig_path), rig_text, rig_path)
    spec = parse(SessionSpec, session_text, session_path)
    return SessionFile(spec, session_text, session_path, rig)


def residual_rms_nm(file: SessionFile, settings: list[dict[str, Any]]) -> list[float]:
    """Ask the simulator for the wavefront error that each set of settings leaves, nm rms."""
    rig = Rig(Plan(file.rig))
    try:
        return [float(rig.truth.residual_rms_nm(one)) for one in settings]
    finally:
        rig.close()


def run_demo(
    database: str | None,
    frames: Path | None,
    trials: int | None,
    seed: int | None,
    picture: Path,
) -> int:
    """Run the demo's session, draw its picture, and say what came out; return the exit status."""
    from hil.cli.runs import drive_session, exit_status, summarise
    from hil.demo.picture import draw
    from hil.session import run_session
    from hil.store import open_database

    if not picture.parent.is_dir() or picture.suffix.lower() != ".png":
        raise InputError("--picture", str(picture), "allowed: a .png file in a folder that exists")
    file = demo_files(seed)
    result = drive_session(
        run_session,
        file.spec.name,
        "bits per pixel",
        path_or_spec=file,
        database=database,
        frames=frames,
        trials=trials,
    )
    summarise(result)
    if result.best is None:
        return exit_status(result)
    with open_database(database, frames=frames) as opened:
        rows = [row for row in opened.rows(result.session_id) if row.state is TrialState.COMPLETE]
        errors = residual_rms_nm(file, [dict(row.requested) for row in rows])
        residual = dict(zip((row.number for row in rows), errors, strict=True))
        draw(opened, result, residual, picture)
    first = rows[0].number
    print(
        f"the optics' aberration, known to the simulator alone: {residual[first]:.0f} nm rms"
        f" at first, {residual[result.best.number]:.0f} nm at the best trial"
    )
    print(f"picture   {picture.absolute()}")
    return exit_status(result)
