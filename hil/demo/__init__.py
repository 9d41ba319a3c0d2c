"""``hil demo``: the main job with no arguments, on a simulated microscope.

The command line and benchmarks come in. May import session and what is below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

from drivers.types import Value
from hil.rig.plan import Plan
from hil.rig.rig import Rig
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


def residual_rms_nm(file: SessionFile, settings: Sequence[Mapping[str, Value]]) -> list[float]:
    """Ask the simulator for the wavefront error that each set of settings leaves, nm rms."""
    rig = Rig(Plan(file.rig))
    try:
        return [float(rig.truth.residual_rms_nm(one)) for one in settings]
    finally:
        rig.close()
