"""Apply, settle, read back, take frames: one trial's way through the rig, field by field.

Everything here runs on the device thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from drivers.errors import DriverError
from drivers.frame import Frame
from drivers.protocol import Camera
from drivers.sequence import Plane, Triggered
from drivers.types import Pixels, Value
from hil.clock import Clock
from hil.errors import InterlockOpen, RigError
from hil.records.frames import FieldFrames
from hil.rig.guards.conditions import conditions, exposure_setting
from hil.rig.guards.frame_watch import FrameWatch
from hil.rig.guards.known_noise import KnownNoise
from hil.rig.guards.taken import Taken
from hil.rig.light import DoseMeter
from hil.rig.read_back import OutsideLimit, ReadBackError, check_read_back, passed_limits
from hil.rig.safety import Safety


class Capture:
    """Takes the frames of trials, always at the same fields of view.

    Parameters
    ----------
    safety
        The way to the devices.
    camera
        The device that takes the frames.
    fields
        For each field of view, the settings that bring it before the camera.
    repeats
        Frames of each field.
    frame_timeout_s
        How much later than its exposure a frame may come.
    clock
        Time.
    setup
        The rig's setup, applied again after `rest`.
    blanks
        For each blank field, the settings that take the sample away; indices go on from `fields`.
    meter
        Adds up the light at the sample.
    device_s
        The devices' own time, seconds: a simulated rig's is not the program's.
    recorded
        Settings that are read back with every trial, whatever it moves.
    watch
        The guards of frames; without it those that need no knowledge of the camera.
    planes
        Of a sequence: each frame is then one image of every plane, as its channels.
    triggered
        Whether devices step from plane to plane by the camera's trigger.
    """

    def __init__(
        self,
        safety: Safety,
        camera: Camera,
        fields: Sequence[Mapping[str, Value]],
        repeats: int,
        frame_timeout_s: float,
        clock: Clock,
        setup: Mapping[str, Value] | None = None,
        *,
        blanks: Sequence[Mapping[str, Value]] = (),
        meter: DoseMeter | None = None,
        device_s: Callable[[], float] | None = None,
        recorded: Sequence[str] = (),
        watch: FrameWatch | None = None,
        planes: Sequence[Plane] = (),
        triggered: bool = False,
    ) -> None:
        self.fields = tuple(dict(field) for field in fields)
        self.blanks = tuple(dict(blank) for blank in blanks)
        self.repeats = repeats
        self._safety = safety
        self._camera = camera
        self._timeout_s = frame_timeout_s
        self._clock = clock
        self._setup = dict(setup or {})
        self._meter = meter
        self._recorded = tuple(recorded)
        self._planes = tuple(planes)
        self._triggered = triggered
        self._resting = False
        self._trial: dict[str, Value] = {}
        self._watch = watch or FrameWatch()
        self._watch.begin(camera.label, len(self.fields))
        self._placing = {name for place in self.fields for name in safety.targets(place)}
        # Canonical names: what was applied last, as it was read back.
        self._present: dict[str, Value] = {}
        self._noise: KnownNoise | None = None
        self._read: dict[str, Value] = {}
        self._exposure_ms: Value | None = None
        # What blank frames have moved, and must be as it was before anything else is measured.
        self._before_blanks: dict[str, Value] = {}
        self._place: Mapping[str, Value] = {}
        self._wake_s = 0.0  # what it took last to be set up again
        self.device_s = device_s or clock.monotonic

    @property
    def n_places(self) -> int:
        """Number of fields of view and blank fields."""
        return len(self.fields) + len(self.blanks)

    def apply(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Apply a trial's settings; return what the devices read back, and what the rig records.

        Raises
        ------
        SafetyError, RigError
        """
        if self._resting:
            self.set_up()
        self.leave_blanks()
        self._watch.begin(self._camera.label, len(self.fields))
        self._trial = dict(values)
        applied = self._move(values)
        recorded = self._safety.read(self._recorded)
        if said := passed_limits(self._safety.limits, recorded):
            self.rest()
            raise OutsideLimit(said, recorded)
        check_read_back(self._safety.limits, {}, recorded)
        if any(name.rpartition(".")[0] == self._camera.label for name in applied):
            self._exposure_ms = None  # cameras change it with other settings
        self._noise, self._read = None, {**recorded, **applied}
        return self._read

    def end_trial(self) -> tuple[str, ...]:
        """Judge the frames of all fields together; return flags for their estimate.

        Raises
        ------
        FramesRefused
        """
        return self._watch.end()

    def set_up(self) -> None:
        """Apply the rig's setup.

        Raises
        ------
        SafetyError, RigError
        """
        self._move(self._setup)
        self._resting = False

    def leave_blanks(self) -> None:
        """Take back what blank frames have moved, if anything.

        Raises
        ------
        SafetyError, RigError
        """
        if self._before_blanks:
            self._move(self._before_blanks)
            self._before_blanks = {}

    def _move(self, values: Mapping[str, Value]) -> dict[str, Value]:
        try:
            read_back = self._safety.apply(values)
        except ReadBackError as error:
            if self._meter is not None:  # the light is on, whatever the device says of it
                self._meter.moved({**error.all_read, **self._safety.targets(values)})
            raise
        except InterlockOpen:
            self.rest()
            raise
        except OutsideLimit:  # and parked
            if self._meter is not None:
                self._meter.dark()
            self._resting = True
            raise
        self._present |= read_back
        if self._meter is not None:
            self._meter.moved(read_back)
        return read_back

    def rest(self) -> None:
        """Park while something other than the rig is waited for; the next `apply` sets up again.

        Raises
        ------
        RigError
            A device is not known to be safe.
        """
        if self._resting:
            return
        if problems := self._safety.park():
            listed = "; ".join(f"{p.setting}: {p.message}" for p in problems)
            raise RigError(f"not dark while something was waited for: {listed}")
        if self._meter is not None:
            self._meter.dark()
        self._resting = True

    def dose_mj(self) -> float:
        """Give the light at the sample since this was last asked, mJ; NaN where it is not known."""
        return self._meter.take() if self._meter is not None else math.nan

    def field(self, index: int) -> FieldFrames:
        """Move to a field of view, or to a blank field after them, and take all its repeats.

        Raises
        ------
        SafetyError, RigError
            A `FramesRefused` where the frames are no measurement.
        """
        if self._resting:  # within a trial
            self.set_up()
            self._move(self._trial)
        n_fields = len(self.fields)
        place = self.fields[index] if index < n_fields else self.blanks[index - n_fields]
        if index >= n_fields:
            self._before_blanks = self._safety.read(place) | self._before_blanks
        if place:
            self._move(place)
        self._place = place
        frames = self._take(self.repeats)
        self._watch.check(
            self._taken(index, frames, self.repeats),
            lambda: self._taken(index, self._take(1), 1),
        )
        stack: Pixels = np.stack([frame.pixels for frame in frames])
        return FieldFrames(
            field=index,
            frames=stack,
            exposure_ms=frames[0].meta.exposure_ms,
            saturation_adu=frames[0].meta.saturation_adu,
            taken_at=self._clock.now(),
        )

    def _take(self, n: int) -> list[Frame]:
        """Take frames, each a whole sequence where there is one."""
        if not self._planes:
            return self._expose(n)
        return [self._sequence(index) for index in range(n)]

    def _sequence(self, index: int) -> Frame:
        """Take one image of every plane."""
        images = self._triggered_images() if self._triggered else self._images()
        last = images[-1]
        forms = {(i.pixels.shape, i.pixels.dtype, i.meta.saturation_adu) for i in images}
        if len(forms) > 1:
            raise RigError(f"{self._camera.label}: the images of the sequence differ in form")
        return Frame(np.stack([i.pixels for i in images]), replace(last.meta, index=index))

    def _images(self) -> list[Frame]:
        """Move to plane after plane, and expose at each."""
        images: list[Frame] = []
        began_s = self._clock.monotonic()
        for plane in self._planes:
            self._wait_in_the_dark(began_s + plane.after_s)
            self._move(plane.settings)
            if not images:
                began_s = self._clock.monotonic()
            self._exposure_ms = None  # cameras change it with other settings
            taken = self._expose(1)
            if len(taken) != 1 or taken[0].pixels.ndim != 2:
                raise RigError(f"{self._camera.label}: no single grey image of {plane.name}")
            images += taken
        return images

    def _triggered_images(self) -> list[Frame]:
        """Let the camera's trigger step the devices; each state is checked before the first one."""
        n = len(self._planes)
        self._move(self._planes[0].settings)
        states = [self._safety.check(plane.settings) for plane in self._planes]
        states = [
            {k: v for k, v in state.items() if self._safety.settings[k].role != "preset"}
            for state in states
        ]
        camera = self._camera
        if not isinstance(camera, Triggered):
            raise RigError(f"{camera.label} triggers nothing")
        try:
            with self._safety.interlocks_watched():
                images = list(camera.capture_states(states, self._timeout_s))
        except DriverError as error:
            raise RigError(str(error)) from error
        except InterlockOpen:
            self.rest()
            raise
        if self._meter is not None:
            for state, image in zip(states, images, strict=False):
                self._meter.moved(state)
                self._meter.exposed(image.meta.exposure_ms, 1)
        self._move(self._planes[-1].settings)  # where they stand now is not known
        self._exposure_ms = None
        if len(images) != n or any(image.pixels.ndim != 2 for image in images):
            raise RigError(f"{camera.label}: {len(images)} of {n} triggered images came")
        return images

    def _wait_in_the_dark(self, until_s: float) -> None:
        """Park until an image is due, and be set up again in time for it."""
        if until_s <= self._clock.monotonic():
            return
        self.rest()
        self._rest_until(until_s - self._wake_s)
        woken_s = self._clock.monotonic()
        self.set_up()
        self._move(self._trial)
        if self._place:
            self._move(self._place)
        self._wake_s = self._clock.monotonic() - woken_s
        self._rest_until(until_s)  # it may have been quicker this time

    def _rest_until(self, until_s: float) -> None:
        left_s = until_s - self._clock.monotonic()
        if left_s > 0 and not self._safety.rested(left_s):
            raise RigError("told to stop between two images of a sequence")

    def _expose(self, n: int) -> list[Frame]:
        try:
            with self._safety.interlocks_watched():
                frames = list(self._camera.capture(n, self._timeout_s))
        except DriverError as error:
            raise RigError(str(error)) from error
        except InterlockOpen:
            self.rest()
            raise
        if self._meter is not None and frames:
            exposure_ms = frames[0].meta.exposure_ms
            # Where it is no time the frames are refused; lit it was, for as long as was asked for.
            if not 0 <= exposure_ms < math.inf:
                setting = exposure_setting(self._safety, self._camera.label)
                exposure_ms = float(self._present.get(setting, self._exposure_ms or 0.0))
            self._meter.exposed(exposure_ms, len(frames))
        return frames

    def _taken(self, index: int, frames: Sequence[Frame], wanted: int) -> Taken:
        """Put frames beside what was commanded for them."""
        camera = self._camera.label
        setting = exposure_setting(self._safety, camera)
        present = dict(self._present)
        if setting and setting not in present:  # nobody commanded it: it stays what it is
            if self._exposure_ms is None:
                self._exposure_ms = self._safety.read([setting])[setting]
            present[setting] = self._exposure_ms
        if self._noise is None and self._watch.noise_at is not None:
            self._noise = self._watch.noise_at({**present, **self._read})
        return Taken(
            index,
            frames,
            wanted,
            blank=index >= len(self.fields),
            conditions=conditions(self._safety, camera, present, self._placing),
            noise=self._noise,
        )

    def halt(self) -> None:
        """Stop motion and capture at once. Any thread; never raises."""
        self._safety.halt()
