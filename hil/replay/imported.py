"""``hil import``: a session from frames that this program never took."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hil.errors import InputError
from hil.noise.parse import parse_noise_spec
from hil.records.session import Observer
from hil.replay.files import FIELD, recording_of_files, settings_of
from hil.replay.from_frames import parse_calibration
from hil.replay.record import planned_rows
from hil.replay.run_planned import PlannedRun, run_planned
from hil.replay.table import table_session
from hil.session.result import SessionResult
from hil.session.run import show_nothing
from hil.spec import RigFile, RigSpec, SessionSpec
from hil.spec.load import parse


def import_files(
    files: Sequence[str | Path],
    database: str | None = None,
    *,
    settings: Path | None = None,
    pattern: str | None = None,
    noise: str | None = None,
    calibration: str | None = None,
    axes: str | None = None,
    estimator: str | None = None,
    patch_size: int | None = None,
    name: str = "",
    frames: Path | None = None,
    note: str = "",
    observer: Observer = show_nothing,
) -> SessionResult:
    """Bring frames and a table of their settings into the database, with estimates.

    Parameters
    ----------
    files
        A file a row of the table, one that holds them all, or the folder of those it names.
    settings, pattern
        A table of settings, or a pattern of files' names; without both, they are what the files
        say of themselves.
    noise, calibration
        What is known of the camera: as of ``--noise``, or an id. One of both is needed.
    axes
        As for `hil.information.open_frames`.
    estimator, patch_size
        As in a session file.
    name, note
        Stored with the session; the name is by default the table's.
    database, frames, observer
        As for `hil.run_session`.

    Raises
    ------
    InputError
        What was given is wrong; nothing was written.
    """
    if (noise is None) == (calibration is None):
        raise InputError("hil import", "", "give either --noise or --calibration")
    spec = parse_noise_spec(noise) if noise is not None else parse_calibration(calibration or "")
    paths = [Path(file).absolute() for file in files]
    if settings is not None and pattern is not None:
        raise InputError("hil import", "", "give either --settings or --pattern")
    table, found = settings_of(paths, settings, pattern)
    axes = axes or found
    recording = recording_of_files(paths, table, axes)
    driver: dict[str, object] = {"kind": "replay", "files": [str(path) for path in paths]}
    if settings is not None:
        driver["table"] = str(settings.absolute())
    if pattern is not None:
        driver["pattern"] = pattern
    if axes is not None:
        driver["axes"] = axes
    chosen = name or (paths[0] if settings is None else settings).stem
    text = json.dumps(
        {
            "name": f"{chosen}, imported",
            "camera": recording.camera,
            "driver": [driver],
            "noise": spec.model_dump(mode="json", exclude_none=True),
        }
    )
    # Paths in --noise are relative to the folder of now.
    rig = RigFile(parse(RigSpec, text, table.path), text, Path.cwd() / table.path.name)
    repeats = recording.pixels(0, 0).shape[0]
    like = json.dumps(
        {
            "name": chosen,
            "rig": "imported",
            "trials": 1,
            "search": [{"setting": FIELD, "low": 0, "high": 0}],
            "estimator": {
                **({} if estimator is None else {"kind": estimator}),
                **({} if patch_size is None else {"patch_size": patch_size}),
            },
        }
    )
    file = table_session(
        table,
        rig,
        chosen,
        like=parse(SessionSpec, like, "hil import"),
        repeats=repeats,
        fields=recording.places,
    )
    run = PlannedRun(
        file,
        lambda opened, space: planned_rows(table, opened, space),
        {"kind": "import", "files": [str(path) for path in paths]},
        recorded=True,
        note=note,
    )
    return run_planned(run, database, frames=frames, observer=observer)
