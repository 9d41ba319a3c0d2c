"""Presets of a rig as the first trials of a session: ``[start] presets``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.records.knowledge import FirstTrial
from hil.session.knowledge.ranges import in_range, shown
from hil.session.search_space import SearchSpace

_KEY = "start.presets"


def first_trials(
    wanted: bool | tuple[str, ...],
    space: SearchSpace,
    start: Mapping[str, Value],
    where: str | Path,
) -> tuple[FirstTrial, ...]:
    """Give the trials of presets, each with the present settings for what it does not set.

    Parameters
    ----------
    wanted
        True for all that set anything that is searched; names of some, ``GFP`` or
        ``Preset.Channel=GFP``.
    space
        What is searched, on devices that are open; called on their thread.
    start
        The searched settings as they are.
    where
        The session file, for messages.

    Raises
    ------
    InputError
        No such preset, or one that sets nothing searched, or leaves what is allowed.
    """
    known = dict(_presets(space))
    if wanted is True:
        return tuple(
            FirstTrial(name, settings)
            for name, moved in known.items()
            if (settings := _settings(moved, space, start)) and not _problem(settings, space)
        )
    found: dict[str, FirstTrial] = {}
    for name in wanted or ():
        full = [own for own in known if name in (own, own.partition("=")[2])]
        if not full:
            there = ", ".join(sorted(known)) or "this rig has none"
            raise InputError(where, _KEY, f"no preset {name!r}, allowed: {there}")
        for own in full:
            settings = _settings(known[own], space, start)
            if not settings:
                raise InputError(where, _KEY, f"{own} sets nothing that is searched")
            if said := _problem(settings, space):
                raise InputError(where, _KEY, f"{own}: {said}")
            found[own] = FirstTrial(own, settings)
    return tuple(found.values())


def _presets(space: SearchSpace) -> Iterator[tuple[str, Mapping[str, Value]]]:
    for name, setting in space.safety.settings.items():
        for choice, moved in setting.expands.items():
            yield f"{name}={choice}", moved


def _settings(
    moved: Mapping[str, Value], space: SearchSpace, start: Mapping[str, Value]
) -> dict[str, Value]:
    """Give the searched settings with what a preset moves; nothing where it moves none of them."""
    names = {axis.setting for axis in space.axes}
    if not names & moved.keys():
        return {}
    base = {
        axis.setting: (start if in_range(axis, start[axis.setting]) else space.anchor)[axis.setting]
        for axis in space.axes
    }
    return base | {name: value for name, value in moved.items() if name in names}


def _problem(settings: Mapping[str, Value], space: SearchSpace) -> str:
    for axis in space.axes:
        if not in_range(axis, settings[axis.setting]):
            return f"{axis.setting} = {settings[axis.setting]}, searched: {shown(axis)}"
    try:
        space.safety.check(settings)
    except SafetyError as error:
        return str(error)
    return space.problem(settings)
