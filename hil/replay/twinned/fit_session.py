"""``hil twin fit``: a session's frames on a simulated rig, and the twin as a rig file."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.types import Value
from hil.calibration.rig_noise import rig_noise
from hil.errors import HilError, InputError
from hil.replay.recording import recording_of
from hil.replay.twinned.asked import take_asked
from hil.replay.twinned.recorded import Recorded, take_recorded
from hil.replay.twinned.rig_file import with_options
from hil.session.baseline import Baseline
from hil.session.model.file import open_optics
from hil.spec import RigFile, load_rig_file
from hil.store import open_database
from sim.parts.unknown import Finished, SceneOptics

if TYPE_CHECKING:
    from hil.twin.twin import Twin


class Misfit(HilError):
    """A rig that does not explain the frames; no twin was written."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class FittedSession:
    """A twin with the session that it is of.

    Parameters
    ----------
    session
        Id.
    twin
        What was fitted.
    recorded
        What it was fitted to.
    finished
        As options and a scene.
    """

    session: str
    twin: Twin
    recorded: Recorded
    finished: Finished


def fit_session(
    session: str,
    rig: str | Path,
    database: str | None = None,
    *,
    frames: Path | None = None,
    also: Sequence[str] = (),
    scene_known: bool = False,
) -> FittedSession:
    """Fit a simulated rig to the frames of a session.

    Parameters
    ----------
    session
        Id, a unique beginning of one, or ``"last"``.
    rig
        The file of a simulated rig.
    database, frames
        As for `hil.run_session`.
    also
        Further unknowns, see `hil.replay.twinned.asked`.
    scene_known
        Whether the rig file's scene is the one that was recorded.

    Raises
    ------
    InputError
        It cannot be fitted; nothing was written.
    """
    file = load_rig_file(rig)
    optics, known = optics_of(file)
    if "gain" in also and file.spec.noise is not None and file.spec.noise.kind != "camera":
        problem = f"{file.spec.noise.kind!r} has no gain to fit, allowed: 'camera'"
        raise InputError(file.path, "noise.kind", problem)
    with open_database(database, frames=frames) as opened:
        record = opened.session(session)
        recording = recording_of(opened, record.id)
        noise = rig_noise(file, opened)
        n_fields = len(Baseline.from_json(record.kept("layout")).fields)
        recorded = take_recorded(recording, n_fields, file, known, optics, noise)
    from hil.twin.fit import fit

    asked = take_asked(also, optics, recorded.trials)
    if asked.gain:
        _check_gain(file, recorded, optics)
    try:
        wider = optics.with_further(asked.names, scene_known)
    except ValueError as error:
        raise InputError(file.path, "driver.0", str(error)) from None
    try:
        twin = fit(
            recorded.trials,
            wider,
            places=recorded.places if scene_known else None,
            gain=asked.gain,
            suspects=asked.suspects,
        )
    except InputError as error:
        raise InputError(file.path, error.key, error.problem) from None
    return FittedSession(record.id, twin, recorded, twin.finished(recorded.places))


def _check_gain(file: RigFile, recorded: Recorded, optics: SceneOptics) -> None:
    """Refuse frames of a camera's other modes: the twin's file has one gain."""
    stated = getattr(file.spec.noise, "gain_e_per_adu", None)
    for trial in recorded.trials:
        had = optics.converter(trial.settings).gain_e_per_adu
        if stated is not None and not math.isclose(had, stated, rel_tol=1e-6):
            problem = f"the camera has {had:g} e/ADU at these settings, [noise] states {stated:g}"
            raise InputError(file.path, "--also gain", problem)


def optics_of(file: RigFile) -> tuple[SceneOptics, dict[str, Value]]:
    """Give what may be unknown of a rig file's rig, and all settings as they are when it is set up.

    Raises
    ------
    InputError
        It is not one simulated rig of a kind that can be fitted, or has no ``[noise]``.
    """
    if file.spec.noise is None:
        raise InputError(file.path, "noise", "missing: a fit needs the camera's noise model")
    optics, known = open_optics(file)
    return optics, {**known, **file.spec.setup}


def write_twin(fitted: FittedSession, rig: str | Path, output: Path) -> tuple[Path, Path]:
    """Write the twin's rig file, and its scene beside it.

    Returns
    -------
    Both paths.

    Raises
    ------
    Misfit
        The rig does not explain the frames; nothing was written.
    InputError
        The file cannot be written there.
    """
    if not fitted.twin.fits:
        problem = "; ".join(fitted.twin.misfits)
        if also := [one.name for one in fitted.twin.doubts if one.fitted]:
            problem += f": --also {','.join(also)} fits it"
        raise Misfit(f"{rig}: the rig does not explain the frames, no twin was written: {problem}")
    file = load_rig_file(rig)
    check_output(file.path, output)
    scene = output.with_name(f"{output.stem}_scene.npy")
    options = {"scene": scene.name, **fitted.finished.options}
    name = f"{file.spec.name}, twin of {fitted.session[:8]}"
    camera = camera_of(fitted, file)
    head, removed = _head(fitted), fitted.finished.removed
    text = with_options(file, name, options | camera, removed, head, camera)
    held = io.BytesIO()
    np.save(held, fitted.finished.scene)
    try:
        scene.write_bytes(held.getvalue())
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(output, "", f"cannot be written: {error.strerror}") from None
    return output, scene


def camera_of(fitted: FittedSession, file: RigFile) -> dict[str, Any]:
    """Give what was found of the camera's gain and offset, for ``[noise]`` and for the camera."""
    twin, noise = fitted.twin, file.spec.noise
    if noise is None or noise.kind != "camera":
        return {}
    converter = twin.optics.converter(fitted.recorded.trials[0].settings)
    found = {}
    if twin.gain is not None:
        found["gain_e_per_adu"] = converter.gain_e_per_adu * twin.gain.ratio
    if twin.offset is not None and twin.offset.sure:
        found["offset_adu"] = max(0.0, converter.offset_adu + twin.offset.beyond_adu)
    return found


def check_output(rig: Path, output: Path) -> None:
    """Refuse a place that the twin cannot be written to.

    Raises
    ------
    InputError
    """
    if output.suffix != ".toml":
        raise InputError(output, "", "a rig file ends in .toml")
    if output.absolute() == rig.absolute():
        raise InputError(output, "", "is the rig file itself, allowed: another name")
    if not output.absolute().parent.is_dir():
        raise InputError(output, "", "there is no such folder")


def _head(fitted: FittedSession) -> str:
    numbers = fitted.recorded.numbers
    return (
        f"# Fitted to session {fitted.session[:8]}, {len(numbers)} trials: see docs/twin.md.\n"
        f"# Residuals are {1 + fitted.twin.excess:.3f} times the noise.\n"
    )
