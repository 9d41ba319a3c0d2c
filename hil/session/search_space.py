"""What a session file asks for, in the words of the devices that are there.

What only the devices can tell is checked here, before anything of ours moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.records.imaging import binning_of
from hil.rig.light import SampleLight, light_path
from hil.rig.moves.interior import interior
from hil.rig.safety import Safety
from hil.session.repair import least, repair
from hil.spec import Measure, RigSpec, SearchAxis, SessionSpec


@dataclass(frozen=True, slots=True)
class LightBudget:
    """What a trial may spend, and the settings that spend it.

    Parameters
    ----------
    exposure
        The camera's exposure setting, ms; empty if it has none.
    light
        How light reaches the sample; None where that is not known.
    frames
        Frames of one trial at its settings.
    blanks
        For each blank frame of one trial, the settings that are its own.
    max_exposure_s, max_dose_mj
        From the session file; None for no bound.
    planes
        What each image of a frame sets for itself.
    """

    exposure: str
    light: SampleLight | None
    frames: int
    blanks: tuple[Mapping[str, Value], ...]
    max_exposure_s: float | None
    max_dose_mj: float | None
    planes: tuple[Mapping[str, Value], ...] = ({},)

    def exposure_s(self, values: Mapping[str, Value]) -> float:
        """Sum of the exposure times of one trial, seconds."""
        return math.fsum(self._frame_s(lit) * n for lit, n in self._images(values))

    def _images(self, values: Mapping[str, Value]) -> Iterator[tuple[Mapping[str, Value], int]]:
        """Give the settings of all images of one trial, and how many are taken at each."""
        for plane in self.planes:
            yield {**values, **plane}, self.frames
            for blank in self.blanks:
                yield {**values, **blank, **plane}, 1

    def _frame_s(self, values: Mapping[str, Value]) -> float:
        return float(values.get(self.exposure, 0.0)) / 1000

    def dose_mj(self, values: Mapping[str, Value]) -> float:
        """Light of one trial's exposures at the sample, mJ; NaN where it is not known.

        Where the sample is lit between exposures too, it is the least that a trial brings.
        """
        if self.light is None or not self.exposure:
            return math.nan
        return math.fsum(
            self.light.at_sample_mw(lit) * self._frame_s(lit) * n for lit, n in self._images(values)
        )

    def spent(self, values: Mapping[str, Value]) -> dict[str, float]:
        """Exposure (s) and dose (mJ) of one trial, where there is a bound on them."""
        result = {}
        if self.max_exposure_s is not None:
            result["exposure_s"] = self.exposure_s(values)
        if self.max_dose_mj is not None:
            result["dose_mj"] = self.dose_mj(values)
        return result

    def excess(self, values: Mapping[str, Value]) -> dict[str, float]:
        """How far a trial lies above each bound; at most 0 is allowed."""
        bounds = {"exposure_s": self.max_exposure_s, "dose_mj": self.max_dose_mj}
        return {
            name: amount - float(bounds[name] or 0) for name, amount in self.spent(values).items()
        }


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """A session's settings, all canonical and all confirmed by the devices.

    Parameters
    ----------
    axes
        What is searched.
    integers
        Axes whose device takes integers.
    fixed
        What is held.
    reference
        Settings of reference trials that the file names.
    budget
        Light and time of a trial.
    anchor
        Values of the axes at which every limit that spans several settings holds.
    present
        What else these limits depend on, as it is once the rig's setup is applied.
    binning
        The camera's binning setting; empty if it has none.
    pixel_size_um
        Of the unbinned camera at the sample; NaN where the rig file does not say.
    places
        What each place that a trial visits changes of all that; limits hold at each.
    """

    axes: tuple[SearchAxis, ...]
    integers: frozenset[str]
    fixed: Mapping[str, Value]
    reference: Mapping[str, Value]
    budget: LightBudget
    anchor: Mapping[str, Value]
    safety: Safety
    present: Mapping[str, Value]
    binning: str = ""
    pixel_size_um: float = math.nan
    places: tuple[Mapping[str, Value], ...] = ({},)

    def over(self, places: Sequence[Mapping[str, Value]], where: str | Path) -> SearchSpace:
        """Give the space whose proposals are allowed at other places, too: at fields of view.

        Parameters
        ----------
        places
            Settings of each place.
        where
            The session file, for messages.

        Raises
        ------
        InputError
            No settings are allowed at all of them.
        """
        joint = set(self.safety.joint_settings)
        moved = [self.safety.targets(place) for place in places]
        other = [{n: v for n, v in place.items() if n in joint} for place in moved]
        known = list(self.places)
        known += [place for i, place in enumerate(other) if place not in (*known, *other[:i])]
        return _anchored(replace(self, places=tuple(known)), where)

    def excess(self, values: Mapping[str, Value]) -> dict[str, float]:
        """Tell how far a trial lies above each bound on light and time; at most 0 is allowed.

        Parameters
        ----------
        values
            Of the trial; what it does not name is as the session holds or found it.
        """
        return self.budget.excess({**self.present, **self.fixed, **values})

    def dose_mj(self, values: Mapping[str, Value]) -> float:
        """Tell the light that a trial's exposures bring; see `LightBudget.dose_mj`."""
        return self.budget.dose_mj({**self.present, **self.fixed, **values})

    def pixel_um2(self, values: Mapping[str, Value]) -> float:
        """Tell the area of a pixel at the sample, um^2; NaN where it is not known."""
        binning = 1
        if self.binning:
            binning = binning_of({**self.present, **self.fixed, **values}[self.binning])
        return (self.pixel_size_um * binning) ** 2

    def problem(self, values: Mapping[str, Value]) -> str:
        """Say which limit across settings a proposal breaks; empty if none."""
        if said := self.joint_problem(values):
            return said
        for name, amount in self.excess(values).items():
            if amount > 0:
                return f"{name} is {amount:g} above what [constraints] allows"
        return ""

    def joint_problem(self, values: Mapping[str, Value]) -> str:
        """Say which limit of the rig a proposal breaks somewhere; empty if none."""
        everything = {**self.present, **self.fixed, **values}
        for name, value in values.items():  # what a preset sets counts as well
            everything.update(self.safety.settings[name].expands.get(value, {}))
        for place in self.places:
            if said := self.safety.joint_problem({**everything, **place}):
                return said
        return ""

    def repair(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Bring a proposal inside all limits that span several settings."""
        return repair(values, self.axes, self.anchor, self.problem)


def resolve(session: SessionSpec, safety: Safety, rig: RigSpec, where: str | Path) -> SearchSpace:
    """Check a session against the devices, on the device thread; nothing moves.

    Parameters
    ----------
    session
        From the session file.
    safety
        The devices with their limits.
    rig
        Its setup counts as applied.
    where
        The session file, for messages.

    Raises
    ------
    InputError
    """
    budget = _budget(session, safety, rig, where)
    axes: list[SearchAxis] = []
    integers = set()
    for i, axis in enumerate(session.search):
        resolved = resolve_axis(axis, safety, where, f"search.{i}")
        setting = safety.settings[resolved.setting]
        lights = budget.light is not None and setting.name == budget.light.power
        role = "light" if lights else setting.role
        if said := session.objective.degenerates(session.constraints, setting.name, role):
            raise InputError(where, f"search.{i}.setting", said)
        if any(resolved.setting == other.setting for other in axes):
            raise InputError(where, f"search.{i}.setting", f"{resolved.setting} is named twice")
        if setting.kind == "int":
            integers.add(resolved.setting)
        axes.append(resolved)
    fixed = check_table(session.fixed, safety, where, "fixed")
    reference = (
        check_table(session.reference.settings, safety, where, "reference.settings")
        if session.reference
        else {}
    )
    searched = {axis.setting for axis in axes}
    _refuse_overlap(axes, fixed, safety, where)
    names = set(safety.joint_settings)
    names |= {*budget.light.settings} if budget.light else set()
    camera = safety.devices[rig.camera].describe()
    binning = next((setting.name for setting in camera if setting.role == "binning"), "")
    names |= {name for name in (budget.exposure, binning) if name}
    setup = safety.targets(rig.setup)
    found = safety.present(sorted(names - searched), setup)
    present = {name: setup.get(name, value) for name, value in found.items()}
    light = {n for n, setting in safety.settings.items() if setting.role in ("light", "exposure")}
    anchor = {axis.setting: least(axis, towards_zero=axis.setting not in light) for axis in axes}
    space = SearchSpace(
        axes=tuple(axes),
        integers=frozenset(integers),
        fixed=fixed,
        reference=reference,
        budget=budget,
        anchor=anchor,
        safety=safety,
        present=present,
        binning=binning,
        pixel_size_um=rig.optics.pixel_size_um if rig.optics else math.nan,
    )
    return _anchored(space, where)


def _anchored(space: SearchSpace, where: str | Path) -> SearchSpace:
    """Find settings from which every proposal can be pulled back."""
    if said := space.problem(space.anchor):
        inside = _inside(space)
        if inside is None or space.problem(inside):
            raise InputError(where, "search", f"no settings in these ranges are allowed: {said}")
        return replace(space, anchor=inside)
    return space


def _inside(space: SearchSpace) -> dict[str, Value] | None:
    """Find values of the axes within limits across settings, where the least ones are not."""
    numbers = [axis for axis in space.axes if axis.choices is None]
    free = {axis.setting: (float(axis.low or 0), float(axis.high or 0)) for axis in numbers}
    free = {name: ends for name, ends in free.items() if name in space.safety.joint_settings}
    held = {**space.present, **space.fixed, **space.anchor}
    found = interior(space.safety.limits.joint, free, held, space.places)
    if found is None:
        return None
    anchor = dict(space.anchor)
    for axis in numbers:
        value = found.get(axis.setting)
        if value is None:
            continue
        if axis.step is not None:
            assert axis.low is not None
            value = axis.low + round((value - axis.low) / axis.step) * axis.step
        anchor[axis.setting] = round(value) if axis.setting in space.integers else value
    return anchor


def resolve_axis(axis: SearchAxis, safety: Safety, where: str | Path, key: str) -> SearchAxis:
    """Check one axis against its device, and give it under its canonical name.

    Raises
    ------
    InputError
    """
    try:
        setting = safety.setting(axis.setting)
    except SafetyError as error:
        raise InputError(where, f"{key}.setting", str(error)) from None
    name = setting.name
    if setting.read_only:
        raise InputError(where, f"{key}.setting", f"{name} is read-only")
    if axis.choices is not None:
        choices: list[tuple[str, Value]] = []
        for choice in axis.choices:
            try:
                choices += safety.check_each({axis.setting: choice}).items()
            except SafetyError as error:
                raise InputError(where, f"{key}.choices", str(error)) from None
        values = tuple(value for target, value in choices if target == name)
        return axis.model_copy(update={"setting": name, "choices": values})
    if setting.kind == "choice":
        raise InputError(where, key, f"{name} has no range, allowed: choices, {setting.allowed()}")
    low, high = safety.bounds(name)
    for side in ("low", "high"):
        value = getattr(axis, side)
        if not low <= value <= high:
            raise InputError(
                where, f"{key}.{side}", f"{name} = {value:g}, allowed: from {low:g} to {high:g}"
            )
        if setting.kind == "int" and value != int(value):
            raise InputError(where, f"{key}.{side}", f"{name} = {value:g}, allowed: integers")
    return axis.model_copy(update={"setting": name})


def check_table(
    table: Mapping[str, Any], safety: Safety, where: str | Path, key: str
) -> dict[str, Value]:
    """Check settings of a session file one by one; return them under canonical names.

    What they come to together, and with what is searched, says `SearchSpace.problem`.

    Raises
    ------
    InputError
    """
    result: dict[str, Value] = {}
    for name, value in table.items():
        try:
            result |= safety.check_each({name: value})
        except SafetyError as error:
            raise InputError(where, f'{key}."{name}"', str(error)) from None
    return result


def _refuse_overlap(
    axes: Sequence[SearchAxis], fixed: Mapping[str, Value], safety: Safety, where: str | Path
) -> None:
    """Refuse two axes, or an axis and a fixed setting, that move the same quantity."""
    owner: dict[str, str] = dict.fromkeys(fixed, "fixed")
    for i, axis in enumerate(axes):
        expands = safety.settings[axis.setting].expands
        moved = {axis.setting} | {name for values in expands.values() for name in values}
        for name in sorted(moved):
            if name in owner:
                raise InputError(
                    where,
                    f"search.{i}.setting",
                    f"{axis.setting} moves {name}, which {owner[name]} moves too",
                )
            owner[name] = f"search.{i}"


def _budget(session: SessionSpec, safety: Safety, rig: RigSpec, where: str | Path) -> LightBudget:
    camera = safety.devices[rig.camera]
    exposures = [setting.name for setting in camera.describe() if setting.role == "exposure"]
    limits, measure = session.constraints, session.measure
    if limits.max_exposure_s and not exposures:
        raise InputError(where, "constraints", f"{rig.camera} has no exposure time to bound")
    light = light_path(rig, safety, session.rig)
    needs_dose = {
        "constraints.max_dose_mj": limits.max_dose_mj is not None,
        "stop.dose_mj": session.stop.dose_mj is not None,
        "objective.maximize": "bits_per_mj" in session.objective.names,
    }
    for key, needed in needs_dose.items():
        if needed and (light is None or not exposures):
            raise InputError(
                where,
                key,
                "needs to know the light at the sample: [dose] in the rig file, or one setting with"
                " light power in mW, and a camera with an exposure time",
            )
    return LightBudget(
        exposures[0] if exposures else "",
        light,
        measure.n_fields * measure.repeats,
        _blank_frames(measure, safety, where),
        limits.max_exposure_s,
        limits.max_dose_mj,
    )


def _blank_frames(
    measure: Measure, safety: Safety, where: str | Path
) -> tuple[Mapping[str, Value], ...]:
    """Give the settings of every blank frame of a trial that are not the trial's."""
    if measure.blank is None:
        return ()
    applied = check_table(measure.blank.set, safety, where, "measure.blank.set")
    places = measure.blank.fields or ({},) * measure.n_fields
    frames = [
        {**check_table(place, safety, where, f"measure.blank.fields.{i}"), **applied}
        for i, place in enumerate(places)
    ]
    return tuple(frame for frame in frames for _ in range(measure.repeats))
