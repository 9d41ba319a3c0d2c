"""``hil replay SESSION --frames``: the recorded proposals in their order, through the same loop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from drivers.replay.devices import pin_of
from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, rig_noise
from hil.errors import InputError
from hil.information.registry import traits_of
from hil.noise.parse import parse_noise_spec
from hil.records.described import setting_from
from hil.records.estimate import Assessment
from hil.records.frames import Measurement
from hil.records.session import Observer
from hil.records.trial import OpenTrial, TrialRow, TrialState
from hil.replay.ahead import ComingFrames, EstimatesAhead
from hil.replay.recorded_trials import WHAT, proposals_of
from hil.replay.recording import recording_of
from hil.replay.run_planned import PlannedRun, run_planned
from hil.session.baseline import Baseline
from hil.session.planned import ListedProposer, Planned
from hil.session.ports import Assessor
from hil.session.result import SessionResult
from hil.session.run import show_nothing, with_estimator
from hil.session.sequence.planes import moved_by
from hil.session.stored import check_on_a_rig
from hil.spec import CalibratedNoiseSpec, DriverSpec, RigFile, RigSpec, SessionFile, SessionSpec
from hil.spec.load import check_against_rig, parse
from hil.spec.session import Stop
from hil.spec.unattended import Pause
from hil.store import Database, SessionRecord, open_database

_NEVER = 10**6


@dataclass(frozen=True, slots=True)
class Changes:
    """What a replay does otherwise than the original; None and empty for the same.

    Parameters
    ----------
    estimator, patch_size, objective
        As in a session file.
    noise
        As of ``--noise``.
    calibration
        Id of one, or ``"latest"``.
    """

    estimator: str | None = None
    patch_size: int | None = None
    objective: str | None = None
    noise: str | None = None
    calibration: str | None = None

    @property
    def any(self) -> bool:
        """Whether numbers may differ from the original's."""
        return self != Changes()


@dataclass(frozen=True, slots=True)
class _Original:
    record: SessionRecord
    rows: Sequence[TrialRow]
    pin: str
    device_s: Mapping[int, float]
    dose_mj: Mapping[int, float]
    estimates_s: float


def replay_frames(
    session: str = "last",
    database: str | None = None,
    *,
    frames: Path | None = None,
    changes: Changes | None = None,
    observer: Observer = show_nothing,
    note: str = "",
) -> SessionResult:
    """Replay a session from its frames: a session of its own, whose trials point to the original's.

    Parameters
    ----------
    session
        Id, a unique beginning of one, or ``"last"``.
    database, frames, observer
        As for `hil.run_session`.
    changes
        Another estimator, patch size, noise model or objective.
    note
        Stored with the session.

    Raises
    ------
    InputError
        It cannot be replayed, or a change is wrong; nothing was written.
    """
    changes = changes or Changes()
    with open_database(database, frames=frames) as opened:
        record = opened.session(session)
        check_on_a_rig(record)
        opened.read_all(record.id)  # damaged rows are told before anything is measured again
        file, noise = _file(opened, record, changes)
        original = _original(opened, record)
        coming = _coming(opened, original)
        url = opened.url
    driver = {"kind": "replay", "session": record.id, "frames": str(opened.frames_folder)}
    if "***" not in url:  # a password is not written down: the environment has it
        driver["database"] = url
    rig = file.rig.spec.model_copy(
        update={
            "name": f"{file.rig.spec.name}, replay of {record.id[:8]}",
            "driver": (DriverSpec(**driver),),
            "setup": _left_by_planes(file.rig.spec.setup, record),
        }
    )
    spec = file.spec.model_copy(update={"trials": len(original.rows)})
    file = replace(
        file,
        spec=spec,
        text=spec.model_dump_json(exclude_unset=True),
        rig=_rig_file(rig, file.rig.path),
    )
    with EstimatesAhead(coming, expected_s=_expected_s(file, original)) as ahead:
        run = PlannedRun(
            file,
            planned=lambda _rig, _space: replace(_planned(original), estimate=ahead),
            extra={"kind": "replay", "replay_of": record.id, "calibrated": noise.calibration_id},
            baseline=Baseline.from_json(record.kept("layout")),
            noise=noise,
            recorded=True,
            note=note,
        )
        return run_planned(run, database, frames=frames, observer=observer)


def _rig_file(spec: RigSpec, path: Path) -> RigFile:
    return RigFile(spec, spec.model_dump_json(exclude_unset=True), path)


def _left_by_planes(setup: Mapping[str, Value], record: SessionRecord) -> dict[str, Value]:
    """Leave out what a sequence moves: recorded frames stand where its last image was taken."""
    moved = {*moved_by(Baseline.from_json(record.kept("layout")).planes)}
    told = [setting_from(table) for table in record.extra.get("settings", ())]
    moved |= {alias.name for one in told if one.name in moved for alias in one.aliases}
    return {name: value for name, value in setup.items() if name not in moved}


# --- the files -----------------------------------------------------------------------------------


def _file(
    database: Database, record: SessionRecord, changes: Changes
) -> tuple[SessionFile, RigNoise]:
    if record.extra.get("kind") == "replay":
        first = str(record.kept("replay_of"))[:8]
        problem = f"is itself a replay, whose frames are those of session {first}: replay that one"
        raise InputError("SESSION", record.id[:8], problem)
    where = f"session {record.id[:8]}"
    path = Path(record.kept("rig_path"))
    spec = parse(RigSpec, record.rig_text, path)
    if changes.noise is not None:
        spec = spec.model_copy(update={"noise": parse_noise_spec(changes.noise), "noise_at": ()})
        path = Path.cwd() / path.name  # what --noise names lies here
    if changes.calibration is not None:
        measured = parse_calibration(changes.calibration)
        spec = spec.model_copy(update={"noise": measured, "noise_at": ()})
    rig = _rig_file(spec, path)
    kept = None if changes.noise or changes.calibration else record.calibration_id
    noise = rig_noise(rig, database, kept)
    session = parse(SessionSpec, record.session_text, where)
    file = SessionFile(session, record.session_text, Path(record.kept("session_path")), rig)
    file = with_estimator(file, changes.estimator or record.estimator)
    session = _changed(file.spec, changes, where)
    check_against_rig(session, spec, where)
    return replace(file, spec=session, text=session.model_dump_json(exclude_unset=True)), noise


def parse_calibration(ref: str) -> CalibratedNoiseSpec:
    """Read ``--calibration``.

    Raises
    ------
    InputError
    """
    try:
        return CalibratedNoiseSpec(calibration=ref)
    except ValueError:
        raise InputError(
            "--calibration", ref, "not a calibration, allowed: 'latest', an id, or its beginning"
        ) from None


def _changed(spec: SessionSpec, changes: Changes, where: str) -> SessionSpec:
    """Give the session as it is replayed: nothing ends it early, and no frame is kept twice."""
    table: dict[str, Any] = spec.model_dump(mode="json", exclude_unset=True)
    if changes.patch_size is not None:
        table["estimator"] = {**table.get("estimator", {}), "patch_size": changes.patch_size}
    table["estimator"] = {**table.get("estimator", {}), "kind": spec.estimator.kind}
    if changes.objective is not None:
        table["objective"] = {**table.get("objective", {}), "maximize": changes.objective}
    table["measure"] = {**table.get("measure", {}), "keep_frames": "none"}
    for key in ("stop", "pause", "approval", "at_end", "finish"):
        table.pop(key, None)
    changed = parse(SessionSpec, json.dumps(table), where)
    return changed.model_copy(
        update={"stop": Stop(failures_in_a_row=_NEVER), "pause": Pause(), "approval": None}
    )


# --- the trials ----------------------------------------------------------------------------------


def _original(database: Database, record: SessionRecord) -> _Original:
    recording = recording_of(database, record.id)
    taken = {one.number: set(one.fields) for one in database.kept(record.id)}
    everywhere = set(range(len(recording.places)))
    rows = [
        row
        for row in database.rows(record.id)
        if row.number in taken
        and (row.state is TrialState.COMPLETE or _failed_late(row, taken, everywhere))
    ]
    if not rows:
        raise InputError("SESSION", record.id[:8], "no trial was measured to its end")
    estimates = database.estimates(record.id).drop_duplicates("number")
    doses = {
        int(number): detail.get("dose_mj")
        for number, detail in zip(estimates["number"], estimates["details"], strict=True)
    }
    return _Original(
        record,
        rows,
        pin_of(recording),
        {trial.number: trial.device_s for trial in recording.trials},
        {number: float("nan") if dose is None else float(dose) for number, dose in doses.items()},
        float(np.nansum(estimates["seconds"].to_numpy(np.float64))),
    )


def _expected_s(file: SessionFile, original: _Original) -> float:
    """Tell how long the estimates will take, as far as that is known from when they were made."""
    kind = file.spec.estimator.kind
    if kind != original.record.estimator or traits_of(kind).compared == "never":
        return 0.0  # those that train share cores
    return original.estimates_s


def _coming(database: Database, original: _Original) -> list[ComingFrames]:
    """List what is going to be estimated: of each trial the fields of view, then blank ones."""
    files = database.files_of(original.record.id)
    n_fields = len(Baseline.from_json(original.record.kept("layout")).fields)
    found = []
    for row in original.rows:
        own = files[row.number]
        taken = sorted(own.checksums)
        for fields in (
            tuple(field for field in taken if field < n_fields),
            tuple(field for field in taken if field >= n_fields),
        ):
            if fields:
                checksums = tuple(own.checksums[field] for field in fields)
                found.append(ComingFrames(own.folder, fields, checksums, own.saturation_adu))
    return found


def _failed_late(row: TrialRow, taken: Mapping[int, set[int]], everywhere: set[int]) -> bool:
    return row.state is TrialState.FAILED and taken[row.number] == everywhere


def _planned(original: _Original) -> Planned:
    numbers = [row.number for row in original.rows]

    def chosen(trial: OpenTrial) -> Mapping[str, Value]:
        return {original.pin: numbers[trial.number]}

    return Planned(
        ListedProposer(proposals_of(original.rows), WHAT),
        also=chosen,
        assessor=lambda inner: _AsItWas(inner, original),
    )


class _AsItWas:
    """Judges a trial with the time and the light that it took when it was measured."""

    def __init__(self, inner: Assessor, original: _Original) -> None:
        self._inner = inner
        self._original = original

    def assess(self, measurement: Measurement, settings: Mapping[str, Value]) -> Assessment:
        number = int(settings[self._original.pin])
        measurement = replace(
            measurement,
            device_s=self._original.device_s[number],
            dose_mj=self._original.dose_mj.get(number, float("nan")),
        )
        return self._inner.assess(measurement, settings)
