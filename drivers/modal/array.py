"""What moves actuators: one small protocol, and where its kinds are registered.

An array of another package is an `ArrayKind` under an entry point of the group ``hil.actuators``,
whose name is the ``kind`` of ``array = { kind = ... }``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from drivers.registered import find_registered
from drivers.types import Floats

BUILT_IN = {
    "alpao": "drivers.modal.vendors:ALPAO",
    "bmc": "drivers.modal.vendors:BMC",
    "memory": "drivers.modal.memory:MEMORY",
    "thorlabs": "drivers.modal.vendors:THORLABS",
}
ENTRY_POINTS = "hil.actuators"


class ActuatorArray(Protocol):
    """An open array of actuators. All calls come from one thread."""

    @property
    def n_actuators(self) -> int:
        """How many it has; it is asked once."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the libraries behind it, for the record; may be empty."""
        ...

    def send(self, vector: Floats) -> None:
        """Move all actuators at once, and return when the electronics have the vector.

        Parameters
        ----------
        vector
            (n_actuators,) float64, in the unit of the array's kind and inside its bounds. It is
            not changed afterwards; the array must not change it.

        Raises
        ------
        DriverError
        """
        ...

    def read(self) -> Floats:
        """Ask where the actuators are: (n_actuators,) in the same unit.

        An array whose electronics cannot tell gives what they last accepted. Never called before
        the first `send`.

        Raises
        ------
        DriverError
        """
        ...

    def close(self) -> None:
        """Release it. Safe to call twice; never raises for an array that is gone."""
        ...


@dataclass(frozen=True, slots=True)
class ArrayKind:
    """How a kind of array is opened.

    Parameters
    ----------
    options
        What the table ``array`` may say, beside ``kind``; forbids what it does not know.
    open
        Connects. Raises `DriverError`, `ConfigError` where a library is missing.
    unit
        Of an actuator: ``"v"``, ``"share"`` of the full stroke; empty where the rig file says.
    low, high
        What an actuator takes, inclusive; None where the rig file says.
    resource
        The name of the hardware that only one process may hold, from the options; empty for none.
    """

    options: type[BaseModel]
    open: Callable[[Any], ActuatorArray]
    unit: str = ""
    low: float | None = None
    high: float | None = None
    resource: Callable[[Any], str] = lambda options: ""


def array_kind(name: str) -> ArrayKind:
    """Look a kind of array up by its registered name.

    Raises
    ------
    ConfigError
        No such kind, or it is none.
    """
    return find_registered(name, ArrayKind, BUILT_IN, ENTRY_POINTS, "array")
