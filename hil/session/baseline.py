"""Where a session looks and where it starts: settled once, stored with it, the same ever after."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from drivers.sequence import Plane
from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.records.knowledge import Knowledge
from hil.rig.safety import Safety
from hil.session.search_space import SearchSpace, check_table
from hil.session.sequence.planes import KEY, check_planes, moved_by, read_planes
from hil.session.sequence.triggers import check_triggers
from hil.spec import Blank, Grid, RigSpec, SessionSpec

if TYPE_CHECKING:
    from hil.proposer import SearchPlan


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a session took from the rig when it began.

    Parameters
    ----------
    fields
        For each field of view, the settings that bring it before the camera.
    start
        The searched settings as the session found them, the rig's setup applied.
    start_measured
        Whether the first trial measures them.
    before
        All settings that the session moves, as they were.
    blanks
        For each blank field, the settings that take the sample away.
    known
        Trials of earlier sessions, and settings to begin with.
    planes
        Of the acquisition sequence that every frame is; empty without one.
    sequence
        Text of its file.
    triggered
        Whether its devices step by the camera's trigger.
    taken
        What the planes of frames that are recorded set when they were taken; their noise hangs on
        it, and nothing moves any more.
    """

    fields: tuple[Mapping[str, Value], ...]
    start: Mapping[str, Value]
    start_measured: bool
    before: Mapping[str, Value]
    blanks: tuple[Mapping[str, Value], ...] = ()
    known: Knowledge = dataclasses.field(default_factory=Knowledge)
    planes: tuple[Plane, ...] = ()
    sequence: str = ""
    triggered: bool = False
    taken: tuple[Mapping[str, Value], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Write it for the database."""
        return {
            "fields": [dict(field) for field in self.fields],
            "start": dict(self.start),
            "start_measured": self.start_measured,
            "before": dict(self.before),
            "blanks": [dict(blank) for blank in self.blanks],
            "known": self.known.to_json(),
            "planes": [
                {
                    "name": plane.name,
                    "settings": dict(plane.settings),
                    "after_s": plane.after_s,
                }
                for plane in self.planes
            ],
            "sequence": self.sequence,
            "triggered": self.triggered,
            "taken": [dict(state) for state in self.taken],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            tuple(stored["fields"]),
            stored["start"],
            stored["start_measured"],
            stored["before"],
            tuple(stored.get("blanks", ())),
            Knowledge.from_json(stored.get("known", {})),
            tuple(
                Plane(plane["name"], plane["settings"], plane.get("after_s", 0.0))
                for plane in stored.get("planes", ())
            ),
            stored.get("sequence", ""),
            stored.get("triggered", False),
            tuple(stored.get("taken", ())),
        )

    def check(self, safety: Safety, where: str | Path) -> None:
        """Refuse fields of view that a rig cannot reach.

        Raises
        ------
        InputError
        """
        for i, field in enumerate(self.fields):
            check_table(field, safety, where, f"measure.fields.{i}")
        for blank in self.blanks:
            check_table(blank, safety, where, "measure.blank")
        check_planes(self.planes, safety, where)

    def recorded(self) -> Self:
        """Give it for frames that were taken: their planes are named, and set nothing."""
        planes = tuple(Plane(plane.name, {}) for plane in self.planes)
        taken = self.taken or tuple(plane.settings for plane in self.planes)
        return dataclasses.replace(self, planes=planes, taken=taken)

    def images(self) -> tuple[tuple[str, Mapping[str, Value]], ...]:
        """Name each image of a frame, and what it is, or was, taken at; empty for single ones."""
        own = self.taken or tuple(plane.settings for plane in self.planes)
        return tuple(zip((plane.name for plane in self.planes), own, strict=True))

    def in_planes(self, space: SearchSpace) -> SearchSpace:
        """Give the space whose light and time are those of all planes."""
        return _lit(space, self.planes)

    def bounds(self, space: SearchSpace, where: str | Path) -> SearchSpace:
        """Give the space whose proposals are allowed at all fields of view.

        Raises
        ------
        InputError
            There are none.
        """
        return _everywhere(space, (*self.fields, *self.blanks), self.planes, where)

    def plan(self, spec: SessionSpec, space: SearchSpace) -> SearchPlan:
        """Say what the proposer searches."""
        from hil.proposer import SearchPlan

        return SearchPlan(
            axes=space.axes,
            integers=space.integers,
            sampler=spec.sampler,
            seed=spec.seed,
            trials=spec.trials,
            n_objectives=len(spec.objective.names),
            start=self.start if self.start_measured else None,
            reference_every=spec.reference.every if spec.reference else 0,
            reference={**self.start, **space.reference},
            repair=space.repair,
            remeasure=spec.remeasured,
            confidence=spec.finish.confidence,
            n_fields=len(self.fields),
            n_to_search=spec.measure.n_to_search,
            most_to_search=spec.measure.most_to_search,
            least_gain=spec.stop.gain,
            earlier=self.known.earlier,
            first=self.known.first,
        )


def take_baseline(
    spec: SessionSpec, space: SearchSpace, rig: RigSpec, where: str | Path
) -> Baseline:
    """Settle fields and start, on the device thread; nothing moves.

    Parameters
    ----------
    spec
        The session.
    space
        What it searches.
    rig
        Its setup counts as applied.
    where
        The session file, for messages.

    Raises
    ------
    InputError
        A field of view is out of reach, or the rig has no stage for a grid.
    """
    safety = space.safety
    setup = safety.targets(rig.setup)
    names = [axis.setting for axis in space.axes]
    stage = _stage(spec.measure.grid, safety, where) if spec.measure.grid else ()
    listed = [
        check_table(field, safety, where, f"measure.fields.{i}")
        for i, field in enumerate(spec.measure.listed)
    ]
    sequence, planes = "", tuple[Plane, ...]()
    if spec.measure.sequence is not None:
        sequence, planes = read_planes(spec.measure.sequence, rig.camera, safety, where)
        if spec.measure.triggered:
            check_triggers(planes, rig.camera, safety, setup, where)
    moved = [*names, *space.fixed, *stage, *(listed[0] if listed else ())]
    own = [name for name in moved_by(planes) if safety.settings[name].role != "preset"]
    for name in (*stage, *(listed[0] if listed else ())):
        if name in names or name in space.fixed:
            raise InputError(where, "measure", f"{name} places the fields of view and is searched")
    before = safety.present(dict.fromkeys([*moved, *own]), setup)
    found = {name: setup.get(name, value) for name, value in before.items()}
    fields: list[Mapping[str, Value]] = list(listed) or [{}]
    if spec.measure.grid:
        fields = _grid(spec.measure.grid, stage, found, safety, where)
    blanks = _blanks(spec.measure.blank, fields, safety, where)
    for name in {name for blank in blanks for name in blank} & set(names):
        raise InputError(where, "measure.blank", f"{name} is also searched")
    others = {name for table in (*fields, *blanks) for name in table}
    _check_apart(planes, [*moved, *others], space, where)
    start = {name: found[name] for name in names}
    space = _everywhere(space, (*fields, *blanks), planes, where)
    if spec.reference is not None:
        _check_reference({**start, **space.reference}, space, where)
    return Baseline(
        fields=tuple(fields),
        start=start,
        start_measured=spec.start.first == "present" and _allowed(start, space),
        before=before,
        blanks=blanks,
        planes=planes,
        sequence=sequence,
        triggered=spec.measure.triggered,
    )


def _everywhere(
    space: SearchSpace,
    places: Sequence[Mapping[str, Value]],
    planes: Sequence[Plane],
    where: str | Path,
) -> SearchSpace:
    """Give the space whose proposals are allowed in every plane of every place."""
    if not planes:
        return space.over(places, where)
    own = [{**place, **plane.settings} for place in places for plane in planes]
    return _lit(space, planes).over(own, where)


def _lit(space: SearchSpace, planes: Sequence[Plane]) -> SearchSpace:
    own = tuple(plane.settings for plane in planes) or ({},)
    return dataclasses.replace(space, budget=dataclasses.replace(space.budget, planes=own))


def _check_apart(
    planes: Sequence[Plane],
    moved: Sequence[str],
    space: SearchSpace,
    where: str | Path,
) -> None:
    """Refuse a sequence that moves what something else of the session moves."""
    settings = space.safety.settings
    taken = set(moved)
    for name in moved:
        taken |= {key for values in settings[name].expands.values() for key in values}
    for name in moved_by(planes):
        if name in taken:
            raise InputError(
                where, KEY, f"it moves {name}, which is also searched, fixed or places the fields"
            )


def _blanks(
    blank: Blank | None,
    fields: Sequence[Mapping[str, Value]],
    safety: Safety,
    where: str | Path,
) -> tuple[Mapping[str, Value], ...]:
    """Settle what is set for each blank field."""
    if blank is None:
        return ()
    applied = check_table(blank.set, safety, where, "measure.blank.set")
    if blank.fields is None:
        return tuple({**field, **applied} for field in fields)
    return tuple(
        {**check_table(field, safety, where, f"measure.blank.fields.{i}"), **applied}
        for i, field in enumerate(blank.fields)
    )


def _allowed(start: Mapping[str, Value], space: SearchSpace) -> bool:
    """Whether the rig may be measured as it stands: people leave stages outside their limits."""
    try:
        space.safety.check({**space.fixed, **start})
    except SafetyError:
        return False
    return not space.problem(start)


def _check_reference(values: Mapping[str, Value], space: SearchSpace, where: str | Path) -> None:
    try:
        space.safety.check({**space.fixed, **values})
    except SafetyError as error:
        raise InputError(where, "reference.settings", str(error)) from None
    if said := space.joint_problem(values):
        raise InputError(where, "reference.settings", said)


def _stage(grid: Grid, safety: Safety, where: str | Path) -> tuple[str, str]:
    """Find the two settings that move the sample."""
    if grid.x and grid.y:
        try:
            return safety.setting(grid.x).name, safety.setting(grid.y).name
        except SafetyError as error:
            raise InputError(where, "measure.grid", str(error)) from None
    pairs = [
        (name, f"{name.removesuffix('.x_um')}.y_um")
        for name in safety.settings
        if name.endswith(".x_um") and f"{name.removesuffix('.x_um')}.y_um" in safety.settings
    ]
    if len(pairs) != 1:
        found = ", ".join(x.removesuffix(".x_um") for x, _ in pairs) or "none"
        raise InputError(
            where, "measure.grid", f"needs one XY stage, found {found}; name its x and y, or fields"
        )
    return pairs[0]


def _grid(
    grid: Grid,
    stage: tuple[str, ...],
    centre: Mapping[str, Value],
    safety: Safety,
    where: str | Path,
) -> list[Mapping[str, Value]]:
    x, y = stage
    fields: list[Mapping[str, Value]] = []
    for row in range(grid.rows):
        for column in range(grid.columns):
            field = {
                x: float(centre[x]) + (column - (grid.columns - 1) / 2) * grid.step_um,
                y: float(centre[y]) + (row - (grid.rows - 1) / 2) * grid.step_um,
            }
            try:
                safety.check_each(field)
            except SafetyError as error:
                raise InputError(where, "measure.grid", f"out of reach: {error}") from None
            fields.append(field)
    return fields
