"""Acquisition sequences: what a camera's driver may read, so that a trial measures all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from drivers.types import Value


@dataclass(frozen=True, slots=True)
class Plane:
    """One image of a sequence.

    Parameters
    ----------
    name
        What it is called, ``"DAPI, z 2 um"`` say.
    settings
        What it is taken at, by names that the devices of its connection understand.
    after_s
        Not before so many seconds after the sequence's first image; dark until then.
    """

    name: str
    settings: Mapping[str, Value]
    after_s: float = 0.0


@runtime_checkable
class Sequenced(Protocol):
    """A camera whose driver reads acquisition sequences. Optional: a `Camera` need not be this too.

    The rig moves what the planes name, each checked against its limits like any other command; the
    driver says only what a file means on its devices.
    """

    def planes(self, text: str) -> tuple[Plane, ...]:
        """Read a sequence; touches no hardware.

        Parameters
        ----------
        text
            Of the file.

        Returns
        -------
        tuple
            One plane for each image, in the order in which they are taken.

        Raises
        ------
        ConfigError
            With the key of the file at fault.
        """
        ...
