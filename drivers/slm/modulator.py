"""What shows frames: one small protocol, and where its kinds are registered.

A modulator of another package is a `ModulatorKind` under an entry point of the group
``hil.modulators``, whose name is the ``kind`` of ``modulator = { kind = ... }``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from drivers.registered import find_registered
from drivers.types import Pixels

SUITE = "drivers.slm.suite"
BUILT_IN = {
    "hamamatsu": f"{SUITE}:HAMAMATSU",
    "holoeye": f"{SUITE}:HOLOEYE",
    "meadowlark": f"{SUITE}:MEADOWLARK",
    "memory": "drivers.slm.memory:MEMORY",
    "santec": f"{SUITE}:SANTEC",
    "screen": f"{SUITE}:SCREEN",
    "simulated": f"{SUITE}:SIMULATED",
}
ENTRY_POINTS = "hil.modulators"


@dataclass(frozen=True, slots=True)
class Panel:
    """The pixels of a modulator.

    Parameters
    ----------
    width_px, height_px
        Columns and rows.
    bits
        Of a level.
    pitch_um
        Side of a pixel.
    wavelength_nm
        Of the light on it.
    """

    width_px: int
    height_px: int
    bits: int
    pitch_um: float
    wavelength_nm: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height_px, self.width_px


class Modulator(Protocol):
    """An open modulator. All calls come from one thread."""

    @property
    def panel(self) -> tuple[int, int, int]:
        """Rows, columns and bits of a level; asked once."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries behind it, for the record; may be empty."""
        ...

    def show(self, frame: Pixels) -> None:
        """Show a frame, and return when the electronics have it.

        Parameters
        ----------
        frame
            (rows, columns) levels, uint8 up to 8 bits, uint16 above. It is not changed before the
            next `show`; the modulator must not change it.

        Raises
        ------
        DriverError
        """
        ...

    def shown(self) -> Pixels:
        """Ask what is shown: (rows, columns) levels.

        Electronics that cannot tell give what they last accepted. Never called before `show`.

        Raises
        ------
        DriverError
        """
        ...

    def close(self) -> None:
        """Release it. Safe to call twice; never raises for a modulator that is gone."""
        ...


@dataclass(frozen=True, slots=True)
class ModulatorKind:
    """How a kind of modulator is opened.

    Parameters
    ----------
    options
        What the table ``modulator`` may say, beside ``kind``; forbids what it does not know.
    open
        Connects, from the options and what the rig file says of the panel. Raises `DriverError`.
    needed
        Says in one line what has to be installed; empty where all is there. Imports nothing heavy.
    resource
        The name of the hardware that only one process may hold, from the options; empty for none.
    """

    options: type[BaseModel]
    open: Callable[[Any, Panel], Modulator]
    needed: Callable[[], str] = lambda: ""
    resource: Callable[[Any], str] = lambda options: ""


def modulator_kind(name: str) -> ModulatorKind:
    """Look a kind of modulator up by its registered name.

    Raises
    ------
    ConfigError
        No such kind, or it is none.
    """
    return find_registered(name, ModulatorKind, BUILT_IN, ENTRY_POINTS, "modulator")
