"""The devices of a recording: they take any setting in range, and show what was seen there."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from drivers.errors import (
    CaptureCancelled,
    DeviceFault,
    DeviceLost,
    DriverError,
    FrameLost,
    UnknownSetting,
    ValueRefused,
)
from drivers.frame import Frame, FrameMeta
from drivers.protocol import Device, Setting
from drivers.replay.recording import RecordedTrial, Recording
from drivers.replay.selection import Found, RecordedSettings, listed
from drivers.types import Pixels, Value
from drivers.values import check_allowed

_ANY = -1  # replay.trial: whichever was measured at the settings


class Tape:
    """What the devices of one recording share: where everything stands, and what that means.

    Parameters
    ----------
    recording
        What there is.
    nearest
        Whether settings that were never measured get the frames of the nearest that were.
    pin
        Name of the setting that chooses one of several trials at the same settings.
    """

    def __init__(self, recording: Recording, pin: str, *, nearest: bool) -> None:
        self.recording = recording
        self.is_open = True
        self.present: dict[str, Value] = {**recording.present, pin: _ANY}
        self._pin = pin
        self._nearest = nearest
        self._find = RecordedSettings(recording)
        self._placing = {name for place in recording.places for name in place}
        self._turns: dict[int, int] = {}
        self._guard = threading.Lock()
        self._moved = True
        self._chosen: RecordedTrial | None = None
        self._repeat: dict[tuple[int, int], int] = {}
        self.elapsed_s = 0.0

    def moved(self, values: Mapping[str, Value]) -> None:
        """Apply values."""
        with self._guard:
            self.present |= values
            if set(values) - self._placing:
                self._moved = True

    def read(self, setting: Setting) -> Value:
        """Give what the device read when it was put where it stands now."""
        here = self.present[setting.name]
        if setting.name == self._pin:
            return here if here != _ANY else self._number_here()
        pinned = self._pinned()
        found = Found((pinned,), {}) if pinned else self._find.trials(self.present)
        if not found.differs:
            return _typed(setting, found.trials[0].read_back.get(setting.name, here))
        for trial in self.recording.trials:
            if trial.requested.get(setting.name) == here:
                return _typed(setting, trial.read_back.get(setting.name, here))
        return _typed(setting, here)

    def _pinned(self) -> RecordedTrial | None:
        """Give the trial that is asked for by its number, if it was measured here."""
        return self._find.known(int(self.present[self._pin]), self.present)

    def _number_here(self) -> int:
        found = self._find.trials(self.present)
        return found.trials[0].number if self._nearest or not found.differs else _ANY

    def series(self) -> tuple[RecordedTrial, int, Pixels]:
        """Give the trial and the place before the camera, with all their frames.

        Raises
        ------
        ValueRefused
            Nothing was recorded here.
        DriverError
            The frames are gone or damaged.
        """
        trial = self._trial()
        place, differs = self._find.place(self.present)
        if differs and not self._nearest:
            raise self._refused(differs, f"field {place}")
        if place not in trial.fields:
            raise DeviceFault(
                self.recording.camera,
                "capture",
                f"trial {trial.number} of {self.recording.name} has no frames of field {place}",
            )
        try:
            pixels = self.recording.pixels(trial.number, place)
        except DriverError:
            raise
        except Exception as error:
            raise DeviceFault(self.recording.camera, "capture", str(error)) from error
        return trial, place, pixels

    def _trial(self) -> RecordedTrial:
        if not self._moved and self._chosen is not None:
            return self._chosen
        self._chosen = self._pinned() or self._next_here()
        self._moved = False
        self._repeat.clear()
        return self._chosen

    def _next_here(self) -> RecordedTrial:
        """Give the trial at these settings whose turn it is, in the order of their measurement."""
        number = self.present[self._pin]
        found = self._find.trials(self.present)
        if found.differs and not self._nearest:
            raise self._refused(found.differs, f"trial {found.trials[0].number}")
        pinned = [trial for trial in found.trials if trial.number == number]
        if number != _ANY and not pinned:
            there = ", ".join(str(trial.number) for trial in found.trials)
            raise ValueRefused(self._pin, number, f"{there}, measured at these settings")
        if pinned:  # the nearest
            return pinned[0]
        first = found.trials[0].number
        turn = self._turns.get(first, 0)
        self._turns[first] = turn + 1
        return found.trials[turn % len(found.trials)]

    def _refused(self, differs: Mapping[str, Value], where: str) -> ValueRefused:
        name = next(iter(differs))
        return ValueRefused(
            name,
            self.present[name],
            f"what {self.recording.name} has frames of; the nearest is {where},"
            f" with {listed(differs)}",
        )

    def take(self, n: int, trial: RecordedTrial, place: int, pixels: Pixels) -> Pixels:
        """Take so many repeats, going on where the last capture of the place ended."""
        begin = self._repeat.get((trial.number, place), 0)
        if (trial.number, place) not in self._repeat:
            self.elapsed_s += trial.device_s / len(trial.fields)
        if begin + n > len(pixels):
            begin = 0
        taken: Pixels = pixels[begin : begin + n]
        self._repeat[trial.number, place] = begin + len(taken)
        return taken


class RecordedDevice:
    """A device that stands where it was put last; see `drivers.protocol.Device`.

    Parameters
    ----------
    label
        As it was.
    settings
        As it described them.
    tape
        Shared by all devices of a recording.
    """

    def __init__(self, label: str, settings: Sequence[Setting], tape: Tape) -> None:
        self._label = label
        self._settings = {setting.name: setting for setting in settings}
        self._tape = tape

    @property
    def label(self) -> str:
        """The device's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """All settings, in a stable order."""
        return tuple(self._settings.values())

    def read(self, setting: str) -> Value:
        """Give what was read back when the device was put where it stands.

        Raises
        ------
        UnknownSetting, DeviceLost
        """
        self._require_open()
        if setting not in self._settings:
            raise UnknownSetting(setting, tuple(self._settings))
        return self._tape.read(self._settings[setting])

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values, and be there.

        A device moves in steps, so that any value in range is taken: that nothing was measured
        there is said when frames are asked for.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceLost
        """
        self._require_open()
        for name, value in values.items():
            if name not in self._settings:
                raise UnknownSetting(name, tuple(self._settings))
            check_allowed(self._settings[name], value)
        targets = {n: _typed(self._settings[n], value) for n, value in values.items()}
        for name, value in values.items():
            targets = {**self._settings[name].expands.get(value, {}), **targets}
        self._tape.moved(targets)

    def settle(self, timeout_s: float) -> None:
        """Return: it is there already."""
        self._require_open()

    def stop(self) -> None:
        """Nothing moves."""

    def _require_open(self) -> None:
        if not self._tape.is_open:
            raise DeviceLost(self._label, "the connection is closed")


class RecordedCamera(RecordedDevice):
    """Serves the frames that were taken at the present settings.

    Parameters
    ----------
    label, settings, tape
        As for `RecordedDevice`.
    realtime
        Whether an exposure takes its time.
    """

    def __init__(
        self, label: str, settings: Sequence[Setting], tape: Tape, *, realtime: bool
    ) -> None:
        super().__init__(label, settings, tape)
        self._realtime = realtime
        self._cancelled = threading.Event()

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        """Yield n recorded frames; see `drivers.protocol.Camera`.

        Raises
        ------
        ValueRefused
            Nothing was measured at these settings; the nearest that were are named.
        FrameLost
            Fewer frames were recorded: none is ever served twice in a series.
        CaptureCancelled, DeviceFault, DeviceLost
        """
        if n < 1:
            raise ValueError(f"a capture has at least one frame, not {n}")
        self._require_open()
        self._cancelled.clear()
        trial, place, pixels = self._tape.series()
        return self._frames(n, trial, self._tape.take(n, trial, place, pixels))

    def cancel(self) -> None:
        """End a running ``capture``."""
        self._cancelled.set()

    def _frames(self, n: int, trial: RecordedTrial, taken: Pixels) -> Iterator[Frame]:
        for index in range(n):
            self._require_open()
            if self._realtime:
                self._cancelled.wait(trial.exposure_ms / 1e3)
            if self._cancelled.is_set():
                raise CaptureCancelled(self.label)
            if index >= len(taken):
                said = f"no more were recorded in trial {trial.number} at this place"
                raise FrameLost(self.label, n, index, said)
            meta = FrameMeta(
                self.label, index, datetime.now(UTC), trial.exposure_ms, trial.saturation_adu
            )
            yield Frame(taken[index].copy(), meta)


class RecordedRig:
    """An open recording: a `drivers.protocol.Connection`.

    Parameters
    ----------
    recording
        What there is.
    nearest, realtime
        As the rig file says.
    """

    def __init__(self, recording: Recording, *, nearest: bool, realtime: bool) -> None:
        groups: dict[str, list[Setting]] = {recording.camera: []}
        for setting in recording.settings:
            groups.setdefault(setting.name.rpartition(".")[0], []).append(setting)
        last = max(trial.number for trial in recording.trials)
        pin = Setting(pin_of(recording), "int", low=_ANY, high=last)
        label = pin.name.rpartition(".")[0]
        self._tape = Tape(recording, pin.name, nearest=nearest)
        devices: dict[str, Device] = {
            name: RecordedDevice(name, own, self._tape) for name, own in groups.items()
        }
        devices[recording.camera] = RecordedCamera(
            recording.camera, groups[recording.camera], self._tape, realtime=realtime
        )
        devices[label] = RecordedDevice(label, [pin], self._tape)
        self.devices: Mapping[str, Device] = MappingProxyType(devices)
        self.in_memory = not realtime  # but for the frames, which are read as a capture begins
        if not realtime:
            self.device_s = self._recorded_s

    @property
    def versions(self) -> Mapping[str, str]:
        """What is replayed: the original has the versions of its own devices."""
        return {"replay of": self._tape.recording.name}

    def _recorded_s(self) -> float:
        """Tell the time as it passed when the frames were taken, a trial's spread over fields."""
        return self._tape.elapsed_s

    def close(self) -> None:
        """Let go; the devices answer `DeviceLost` from now on."""
        if self._tape.is_open:
            self._tape.is_open = False
            self._tape.recording.close()


def pin_of(recording: Recording) -> str:
    """Name the setting that chooses a trial: that of a device which the recording has not."""
    label = "replay"
    while label in {recording.camera, *(s.name.rpartition(".")[0] for s in recording.settings)}:
        label += "_"
    return f"{label}.trial"


def _typed(setting: Setting, value: Value) -> Value:
    """Bring a number back to the setting's own type: databases do not tell 1 from 1.0."""
    if setting.kind == "float" and not isinstance(value, str):
        return float(value)
    if setting.kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
