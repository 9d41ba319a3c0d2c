"""A session from its first trial to its end on a stand-in, and what that says of the real one."""

from __future__ import annotations

import math
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import HilError, InputError
from hil.proposer.optuna_proposer import ASKED
from hil.proposer.surrogate import Surrogate
from hil.ranking.drift import without_drift
from hil.records.session import Observer
from hil.records.trial import TrialRow, TrialState
from hil.records.what_if import LeftOut
from hil.replay.rehearsal.stand_in import StandIn, find_stand_in, with_faults
from hil.replay.what_if.stored_space import stored_search
from hil.replay.what_if.what_if import supports
from hil.session.result import SessionResult
from hil.session.run import run_session, show_nothing
from hil.spec import CalibratedNoiseSpec, SessionFile
from hil.spec.unattended import Pause
from hil.store import Database, open_database
from hil.store.location import locate, url_of

_WORLDS = 20
_SURE = 0.95


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the winner may lack to the best settings there are.

    Parameters
    ----------
    median, at_most
        In the objective's unit: in half, and in 95 % of the worlds that the trials allow.
    """

    median: float
    at_most: float


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal came to.

    Parameters
    ----------
    result
        Of the session on the stand-in.
    stand_in
        What it ran on.
    devices_s, rest_s, think_s
        Seconds: of the devices by their clock, of the waits after moves that the rig files state,
        and of estimates and proposals on this machine.
    wall_ends
        Trials that begin before the session file's time is over; None where all do.
    frames
        Frames taken.
    dose_mj
        Light at the sample; NaN where it is not known.
    disk_bytes
        Of frames and database.
    repaired
        Trials that were asked for outside limits across settings, and brought inside.
    broken
        Constraint to the trials that broke it.
    first, best
        Objective of the first complete trial, and of the winner; NaN where there is none.
    reached_after
        Frames until the winner's settings were found.
    lacking
        None where the trials do not support a model.
    model
        How well that model predicts; None likewise.
    """

    result: SessionResult
    stand_in: StandIn
    devices_s: float
    rest_s: float
    think_s: float
    wall_ends: int | None
    frames: int
    dose_mj: float
    disk_bytes: int
    repaired: int
    broken: Mapping[str, int]
    first: float
    best: float
    reached_after: int
    lacking: Lacking | None
    model: LeftOut | None

    @property
    def total_s(self) -> float:
        """How long the real session is going to take, seconds."""
        return self.devices_s + self.rest_s + self.think_s


def rehearse(
    file: SessionFile,
    *,
    on: Path | None = None,
    faults: Path | None = None,
    database: str | None = None,
    frames: Path | None = None,
    keep: bool = False,
    observer: Observer = show_nothing,
) -> Rehearsal | None:
    """Run a session on a stand-in.

    Parameters
    ----------
    file
        The session with its real rig, of which nothing is opened.
    on, faults
        Rig file of a twin, and file of faults.
    database, frames
        Where the real session will lie: a calibration is read there, and nothing is written.
    keep
        Store the rehearsal there all the same, tagged ``rehearsal``.
    observer
        As for `hil.run_session`.

    Returns
    -------
    Rehearsal or None
        None where nothing simulated can stand in.

    Raises
    ------
    InputError
        A file is wrong.
    HilError
        The rehearsal itself failed.
    """
    stand_in = find_stand_in(file, on)
    if stand_in is None:
        if faults is not None:
            raise InputError(faults, "", "needs a simulated rig: give one with --on")
        return None
    rig = stand_in.rig if faults is None else with_faults(stand_in.rig, faults)
    spec = file.spec.model_copy(
        update={
            "pause": Pause(),  # nobody is waited for, and nobody is told
            "approval": None,
            "finish": file.spec.finish.model_copy(update={"report": False}),
            "stop": file.spec.stop.model_copy(update={"wall_s": None}),  # of another clock
        }
    )
    text = spec.model_dump_json(exclude_unset=True)
    played = SessionFile(spec, text, file.path, rig)
    with _place(rig.spec.noise, database, frames, keep) as (url, folder, before):
        result = run_session(
            played, url, frames=folder, tags=("rehearsal",), note="a rehearsal", observer=observer
        )
        with open_database(url, frames=folder) as opened:
            return _found(opened, result, stand_in, file, before)


@contextmanager
def _place(
    noise: Any, database: str | None, frames: Path | None, keep: bool
) -> Iterator[tuple[str | None, Path | None, int]]:
    """Give a database for the rehearsal, its frames, and how many bytes it has already."""
    if keep:
        yield database, frames, 0
        return
    with tempfile.TemporaryDirectory(prefix="hil-rehearsal-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        copy = folder / "hil.db"
        if isinstance(noise, CalibratedNoiseSpec):
            _copy_database(database, frames, copy)
        before = copy.stat().st_size if copy.exists() else 0
        yield url_of(copy), folder / "frames", before


def _copy_database(database: str | None, frames: Path | None, copy: Path) -> None:
    """Copy what holds the calibration; the original is only read."""
    place = locate(database, frames)
    if place.file is None:
        problem = "is calibrated in a server's database, allowed: noise that the rig file states"
        raise InputError("--rehearse", "noise", problem)
    if not place.file.is_file():
        raise InputError("--rehearse", "noise", f"is calibrated, and there is no {place.file}")
    source = sqlite3.connect(f"{place.file.absolute().as_uri()}?mode=ro", uri=True)
    with closing(source), closing(sqlite3.connect(copy)) as target:
        source.backup(target)


# --- what it says of the real session ------------------------------------------------------------


def _found(
    database: Database, result: SessionResult, stand_in: StandIn, file: SessionFile, before: int
) -> Rehearsal:
    session = result.session_id
    rows = list(database.rows(session))
    table = database.trials(session)
    devices = np.nan_to_num(np.asarray(table["device_s"], dtype=float))
    rest = np.array([_rest_s(row, stand_in, database, session) for row in rows])
    think = _think_s(table, rows)
    per_trial = devices + rest + think
    wall_s = file.spec.stop.wall_s
    began = np.concatenate([[0.0], np.cumsum(per_trial)[:-1]]) if len(rows) else np.zeros(0)
    late = None if wall_s is None else int(np.searchsorted(began, wall_s))
    frames = np.array([_number(value) for value in table["n_frames"]])
    complete = [row for row in rows if row.state is TrialState.COMPLETE and row.objectives]
    model, lacking = _model(database, result)
    best = result.best
    return Rehearsal(
        result=result,
        stand_in=stand_in,
        devices_s=float(devices.sum()),
        rest_s=float(rest.sum()),
        think_s=float(think.sum()),
        wall_ends=late if late is not None and late < len(rows) else None,
        frames=int(frames.sum()),
        dose_mj=_dose_mj(database, session, rows),
        disk_bytes=_disk_bytes(database, session, before),
        repaired=sum(ASKED in row.sampler_attrs for row in rows),
        broken=Counter(
            name for row in rows for name, value in row.constraints.items() if value > 0
        ),
        first=complete[0].objectives[0] if complete and complete[0].objectives else math.nan,
        best=math.nan if best is None else best.objective,
        reached_after=0 if best is None else int(frames[: best.number + 1].sum()),
        lacking=lacking,
        model=model,
    )


def _number(value: Any) -> float:
    return 0.0 if value is None or math.isnan(value) else float(value)


def _rest_s(row: TrialRow, stand_in: StandIn, database: Database, session: str) -> float:
    """Sum the waits that files state for one trial: after its own move, and at each field."""
    rests = stand_in.rest_s
    if not rests:
        return 0.0
    layout = database.session(session).kept("layout")
    own = max((rests.get(name, 0.0) for name in row.requested), default=0.0)
    fields = [*layout["fields"], *layout.get("blanks", ())]
    n_fields = len(row.fields) or len(fields)
    each = max((rests.get(name, 0.0) for field in fields for name in field), default=0.0)
    return own + n_fields * each


def _think_s(table: Any, rows: list[TrialRow]) -> Any:
    """Seconds of estimate and proposal of each trial: what devices do not take."""
    taken = [math.nan if row.measured is None else row.measured.at_s for row in rows]
    finished = [math.nan if one is None else one.timestamp() for one in table["finished_at"]]
    proposed = [one.timestamp() for one in table["proposed_at"]]
    estimate = np.subtract(finished, taken)
    propose = np.subtract(proposed, [math.nan, *finished[:-1]])
    return np.nan_to_num(estimate) + np.nan_to_num(propose)


def _dose_mj(database: Database, session: str, rows: list[TrialRow]) -> float:
    doses = [row.measured.dose_mj for row in rows if row.measured is not None]
    events = database.events(session)
    spoilt = [
        float(detail["dose_mj"])
        for kind, detail in zip(events["kind"], events["detail"], strict=True)
        if kind == "dose"
    ]
    return float(sum(doses) + sum(spoilt)) if doses or spoilt else math.nan


def _disk_bytes(database: Database, session: str, before: int) -> int:
    folder = database.frames_folder / session
    frames = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    file = locate(database.url, database.frames_folder).file
    return frames + (file.stat().st_size - before if file is not None else 0)


def _model(database: Database, result: SessionResult) -> tuple[LeftOut | None, Lacking | None]:
    """Ask a model of the trials what the winner may lack; nothing where they support none."""
    record = database.session(result.session_id)
    if result.best is None or len(record.objectives) > 1:
        return None, None
    try:
        search = stored_search(database, record)
        rows = without_drift(database.rows(record.id), database.drift(record.id))
        model = Surrogate(rows, search.baseline.plan(search.spec, search.space))
    except (HilError, ValueError):
        return None, None
    told = model.left_out()
    if supports(model, told):
        return told, None
    worlds = [model.world(seed, search.space.repair) for seed in range(_WORLDS)]
    lacks = [max(w.optimum - w.value(result.best_settings), 0.0) for w in worlds]
    return told, Lacking(float(np.median(lacks)), float(np.quantile(lacks, _SURE)))
