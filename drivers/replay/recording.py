"""What was recorded: settings, places, and for each trial what was asked, read back and seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.protocol import Setting
from drivers.types import Pixels, Value


@dataclass(frozen=True, slots=True)
class RecordedTrial:
    """One measurement.

    Parameters
    ----------
    number
        In its session.
    requested
        Setting to value, as it was asked for.
    read_back
        The same and more, as the devices gave it.
    exposure_ms, saturation_adu
        Of its frames.
    device_s
        How long the devices took, seconds; 0 where it is not known.
    fields
        Indices of the places whose frames were kept; a trial need not have visited all.
    """

    number: int
    requested: Mapping[str, Value]
    read_back: Mapping[str, Value]
    exposure_ms: float
    saturation_adu: int
    device_s: float
    fields: tuple[int, ...]

    def targets(self) -> dict[str, Value]:
        """Give the values that the trial was measured at, by what one has to ask for."""
        return {**self.read_back, **self.requested}


@dataclass(frozen=True, slots=True)
class Recording:
    """A session's frames with all that is known of how they were taken.

    Parameters
    ----------
    name
        For messages.
    camera
        Label of the device that took the frames.
    settings
        All of its settings, as the devices described them.
    present
        Setting to value, before anything is moved.
    held
        Settings that were the same in all trials and stand in none of them, a lamp's power say.
    places
        For each field of view, blank ones last, the settings that bring it before the camera.
    trials
        In the order in which they were measured; at least one.
    pixels
        Gives the frames of a trial's number and a place, (n_repeats, [channels,] height, width).
    close
        Lets go of what `pixels` reads from.
    """

    name: str
    camera: str
    settings: tuple[Setting, ...]
    present: Mapping[str, Value]
    held: Mapping[str, Value]
    places: tuple[Mapping[str, Value], ...]
    trials: tuple[RecordedTrial, ...]
    pixels: Callable[[int, int], Pixels]
    close: Callable[[], None]
