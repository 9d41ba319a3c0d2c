"""Everything that would be refused of a session, all at once; no device is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, rig_noise
from hil.clock import SystemClock
from hil.errors import HilError, InputError
from hil.metrics.registry import metrics_of
from hil.replay.rehearsal.stand_in import is_simulated
from hil.replay.rehearsal.stated import Stated, stated
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.session.assess import check_estimator, check_objectives
from hil.session.baseline import take_baseline
from hil.session.frame_guards import check_guards
from hil.session.knowledge.gather import knowledge
from hil.session.model.file import check_model
from hil.session.run import check_calibration, resolve_on, with_trials
from hil.session.search_space import check_table, resolve_axis
from hil.session.sequence.planes import sequence_text
from hil.spec import RigFile, RigSpec, SessionFile, SessionSpec
from hil.spec.load import against_rig, read_spec, read_text
from hil.store import Database, database_exists, open_database
from hil.store.location import locate


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a session before a device is opened.

    Parameters
    ----------
    file
        Both files; None where one of them is no such file at all.
    problems
        What would be refused, in the order in which it would.
    asked_devices
        Whether the rig is simulated, so that its devices were asked, too.
    cost
        What both files state of light and time; None without `file`.
    """

    file: SessionFile | None
    problems: tuple[HilError, ...]
    asked_devices: bool
    cost: Stated | None


class _Found:
    """Collects what is refused; each key of a file once."""

    def __init__(self) -> None:
        self.problems: list[HilError] = []
        self._places: set[tuple[str, str]] = set()

    def add(self, problem: HilError) -> None:
        if isinstance(problem, InputError):
            place = (Path(problem.where).name, problem.key or problem.problem)
            if place in self._places:
                return
            self._places.add(place)
        self.problems.append(problem)

    def ask(self, *questions: Callable[[], object]) -> None:
        for question in questions:
            try:
                question()
            except HilError as error:
                self.add(error)


def check_session(
    path: Path,
    rig: Path | None = None,
    *,
    database: str | None = None,
    frames: Path | None = None,
    trials: int | None = None,
    accept_calibration: bool = False,
) -> Checked:
    """Find all that `hil.run_session` would refuse before anything moves.

    Parameters
    ----------
    path, rig, database, frames, trials, accept_calibration
        As for `hil.run_session`. Nothing is written; of a rig that is not simulated nothing is
        opened, so that what only its devices can tell is left.
    """
    found = _Found()
    file = _files(path, rig, found)
    if file is None:
        return Checked(None, tuple(found.problems), False, None)
    try:
        file = with_trials(file, trials)
    except InputError as error:
        found.add(error)
    for problem in (*against_rig(file.spec, file.rig.spec, path), *Plan.problems(file.rig)):
        found.add(problem)
    whole = file
    found.ask(
        lambda: check_estimator(whole),
        lambda: check_guards(whole),
        lambda: metrics_of(whole),
        lambda: check_model(whole),
        lambda: _sequence(whole),
    )
    simulated = is_simulated(file.rig.spec)
    present: dict[str, Value] = {}
    with ExitStack() as stack:
        stored = _stored(database, frames, found, stack)
        noise = _noise(file, stored, found)
        if simulated and not Plan.problems(file.rig):
            asked = _Devices(file, noise, stored, accept_calibration, present)
            found.ask(lambda: asked.ask(found))
    return Checked(file, tuple(found.problems), simulated, stated(file, present))


def _sequence(file: SessionFile) -> None:
    """See that the file of a sequence is there; what it says the driver alone can tell."""
    if file.spec.measure.sequence is not None:
        sequence_text(file.spec.measure.sequence, file.path)


def _files(path: Path, rig: Path | None, found: _Found) -> SessionFile | None:
    """Read both files; each may be wrong in several places."""
    spec: SessionSpec | list[InputError] = []
    full, text = path, ""
    try:
        full, text = read_text(path)
        spec = read_spec(SessionSpec, text, path)
    except InputError as error:
        spec = [error]
    if isinstance(spec, list):
        for problem in spec:
            found.add(problem)
    rig_path = rig or _named_rig(path, text, spec, found)
    rig_file = None if rig_path is None else _rig_file(rig_path, found)
    if isinstance(spec, list) or rig_file is None:
        return None
    return SessionFile(spec, text, full, rig_file)


def _named_rig(
    path: Path, text: str, spec: SessionSpec | list[InputError], found: _Found
) -> Path | None:
    """Find the rig file also where the session file is wrong elsewhere."""
    name = _rig_key(text) if isinstance(spec, list) else spec.rig
    if not name:
        return None
    rig_path = path.parent / name
    if not rig_path.is_file():
        found.add(InputError(path, "rig", f"{name!r} is no file in {path.absolute().parent}"))
        return None
    return rig_path


def _rig_key(text: str) -> str:
    import tomllib

    try:
        name = tomllib.loads(text).get("rig", "")
    except (ValueError, RecursionError):
        return ""
    return name if isinstance(name, str) else ""


def _rig_file(path: Path, found: _Found) -> RigFile | None:
    try:
        full, text = read_text(path)
        spec = read_spec(RigSpec, text, path)
    except InputError as error:
        spec = [error]
    if isinstance(spec, list):
        for problem in spec:
            found.add(problem)
        return None
    return RigFile(spec, text, full)


def _stored(
    url: str | None, frames: Path | None, found: _Found, stack: ExitStack
) -> Database | None:
    """Open the database for reading, where there is one."""
    try:
        if database_exists(url):
            opened = open_database(url, frames=frames, read_only=True)
            return stack.enter_context(opened)
        file = locate(url, frames).file
        if file is not None and not file.parent.is_dir():
            found.add(InputError(file, "", f"there is no folder {file.parent}"))
    except HilError as error:
        found.add(error)
    return None


def _noise(file: SessionFile, stored: Database | None, found: _Found) -> RigNoise | None:
    if file.rig.spec.noise is None:  # said already
        return None
    try:
        noise = rig_noise(file.rig, stored)
        check_objectives(file, noise.model)
    except HilError as error:
        found.add(error)
        return None
    return noise


@dataclass(frozen=True, slots=True)
class _Devices:
    """What simulated devices can tell."""

    file: SessionFile
    noise: RigNoise | None
    stored: Database | None
    accept: bool
    present: dict[str, Value] = field(default_factory=dict)

    def ask(self, found: _Found) -> None:
        with Rig(Plan(self.file.rig)) as rig:
            before = len(found.problems)
            found.ask(lambda: self._whole(rig))
            if len(found.problems) > before:
                # The session as a whole names the first mistake alone.
                for question in self._parts(rig):
                    found.ask(question)

    def _whole(self, rig: Rig) -> None:
        file, where = self.file, self.file.path
        space = resolve_on(file, rig)
        self.present.update(space.present)
        baseline = rig.run(lambda: take_baseline(file.spec, space, rig.spec, where))
        bounded = rig.run(lambda: baseline.bounds(space, where))
        if self.noise is None:
            return
        known = knowledge(
            file, rig, bounded, baseline.start, self.noise, self.stored, SystemClock()
        )
        baseline = replace(baseline, known=known)
        check_calibration(self.noise, file, rig, bounded, baseline, accept=self.accept)

    def _parts(self, rig: Rig) -> Iterator[Callable[[], object]]:
        spec, safety, where = self.file.spec, rig.safety, self.file.path
        for i, axis in enumerate(spec.search):
            yield partial(rig.run, partial(resolve_axis, axis, safety, where, f"search.{i}"))
        for key, table in _tables(spec):
            for name, value in table.items():
                yield partial(rig.run, partial(check_table, {name: value}, safety, where, key))


def _tables(spec: SessionSpec) -> Iterable[tuple[str, dict[str, object]]]:
    yield "fixed", dict(spec.fixed)
    if spec.reference is not None:
        yield "reference.settings", dict(spec.reference.settings)
    for i, place in enumerate(spec.measure.listed):
        yield f"measure.fields.{i}", dict(place)
    if spec.measure.blank is not None:
        yield "measure.blank.set", dict(spec.measure.blank.set)
        for i, place in enumerate(spec.measure.blank.fields or ()):
            yield f"measure.blank.fields.{i}", dict(place)
