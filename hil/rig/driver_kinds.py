"""Kinds of drivers by their registered names: ours, and other people's."""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import cast

from drivers.protocol import DriverKind
from hil.errors import nearest

BUILT_IN = {
    "epics": "drivers.epics.kind:KIND",
    "faulty": "hil.rig.faulty:KIND",
    "micromanager": "drivers.micromanager.kind:KIND",
    "modal": "drivers.modal.kind:KIND",
    "modal.simulated": "sim.actuators.kind:KIND",
    "replay": "hil.replay.kind:KIND",
    "sim.microscope": "sim.microscope:KIND",
    "sim.hyperspectral": "sim.hyperspectral:KIND",
    "sim.lensless": "sim.lensless:KIND",
    "sim.satellite": "sim.satellite:KIND",
    "sim.tomography": "sim.tomography:KIND",
    "slm": "drivers.slm.kind:KIND",
    "slm.simulated": "sim.modulator.kind:KIND",
    "visa": "drivers.visa.kind:KIND",
}
ENTRY_POINTS = "hil.drivers"


class UnknownKind(KeyError):
    """No driver is registered under the name; says which is nearest."""


def driver_kind(name: str) -> DriverKind:
    """Look a kind of driver up by its registered name.

    Raises
    ------
    UnknownKind
        With a message that names the nearest kind.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return cast(DriverKind, getattr(importlib.import_module(module), attribute))
    installed = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    if name in installed:
        return cast(DriverKind, installed[name].load())
    raise UnknownKind(f"{name!r}, {nearest(name, [*BUILT_IN, *installed])}")


def kind_names() -> tuple[str, ...]:
    """Every registered name: ours, then those that installed packages bring."""
    installed = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return (*BUILT_IN, *sorted({point.name for point in installed} - set(BUILT_IN)))
