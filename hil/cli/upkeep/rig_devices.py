"""Whether the devices of a rig file are among those that this computer lists; none is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hil.errors import InputError

if TYPE_CHECKING:
    from drivers.listing import Listed
    from hil.spec import RigFile

# How a driver names what it holds, and the list where that would stand.
_LIST_OF = {
    "serial": "serial",
    "visa": "resources",
    "micromanager": "adapters",
    "slm": "modulators",
}
_OPENED = "listed nowhere before it is opened: `hil rig check` does"


def rig_devices(file: RigFile, listed: Mapping[str, Listed]) -> Iterator[tuple[str, str]]:
    """Say driver by driver what of it is found.

    Parameters
    ----------
    file
        The rig file.
    listed
        As `drivers.listing.look` gives them.
    """
    from hil.rig.plan import Plan

    for i, found in enumerate(Plan.driver_by_driver(file)):
        name = f"driver.{i}"
        if isinstance(found, InputError):
            yield name, f"NOT FIT: {found}"
            continue
        kind, options = found
        held = [_held(one, options, listed) for one in kind.resources(options)]
        told = "; ".join(held) or "names no hardware of its own: nothing to find"
        yield name, f"{file.spec.driver[i].kind}: {told}"


def _held(resource: str, options: Any, listed: Mapping[str, Listed]) -> str:
    sort, _, name = resource.replace("slm ", "slm:", 1).partition(":")
    key = _LIST_OF.get(sort)
    if key is None or key not in listed:
        return f"{resource} is {_OPENED}"
    if sort == "micromanager":
        adapter = name.partition(":")[0]
        return _adapter(adapter, getattr(options, "adapters", None), listed[key])
    known = {one.upper() for one in listed[key].names}
    if name.upper() in known:
        return f"{name} found"
    if not listed[key].known:
        return f"{name} not known: {listed[key].advice}"
    if key == "modulators" and not any(one.split()[0] == name.split()[0] for one in known):
        return f"{name} is {_OPENED}"
    there = ", ".join(listed[key].names) or "none"
    return (
        f"{name} NOT FOUND, there: {there}; switch it on, plug it in, or correct {_place_of(sort)}"
    )


def _place_of(sort: str) -> str:
    """Say where a rig file names such a thing."""
    return {"serial": "the port", "visa": "`resource`"}.get(sort, "its number")


def _adapter(name: str, folder: Path | None, listed: Listed) -> str:
    from drivers.listing.micromanager import names_in

    names = listed.names
    if folder is not None:
        try:
            names = tuple(names_in(folder))
        except OSError as error:
            return f"NOT FIT: adapters = {str(folder)!r}: {error.strerror}"
    if name in names:
        return f"adapter {name} found"
    hint = listed.advice or "install the Micro-Manager that has it, or name its folder: `adapters`"
    return f"adapter {name} NOT FOUND: {hint}"
