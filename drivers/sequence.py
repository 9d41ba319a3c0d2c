"""Acquisition sequences: what a camera's driver may read, so that a trial measures all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from drivers.frame import Frame
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


@runtime_checkable
class Triggered(Protocol):
    """A camera whose trigger other devices follow. Optional: a `Camera` need not be this too.

    What such devices go through is not read back image by image: it is what they were told before.
    """

    def triggers(self, states: Sequence[Mapping[str, Value]]) -> None:
        """See that all devices can step through states; touches no hardware.

        Parameters
        ----------
        states
            For each image, what is set: canonical names, all with the same ones.

        Raises
        ------
        ConfigError
            One cannot, with the setting as key.
        """
        ...

    def capture_states(
        self, states: Sequence[Mapping[str, Value]], timeout_s: float
    ) -> Iterator[Frame]:
        """Yield one frame at each state; `Camera.capture` in all else, and ended by its `cancel`.

        The devices stand at the first state when it is called. Where they stand afterwards is not
        said.

        Raises
        ------
        ConfigError, DriverError
        """
        ...
