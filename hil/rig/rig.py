"""From a rig file to devices. The only importer of concrete drivers and of simulated rigs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from drivers.errors import DriverError
from drivers.protocol import Camera, Device, Setting
from drivers.types import Value
from hil.closing import Closing
from hil.errors import InputError, NotParked, RigError, RigHeld, SafetyError, nearest
from hil.rig.calls.driver_calls import Hang
from hil.rig.calls.halting import HALT_S
from hil.rig.calls.open_driver import OpenDriver
from hil.rig.device_thread import DeviceThread, join, start_or_run
from hil.rig.parking import ParkProblem
from hil.rig.partial_park import parking_of
from hil.rig.plan import Plan
from hil.rig.recorded import noise_conditions, recorded_settings
from hil.rig.safety import Safety
from hil.spec import load_rig_file

T = TypeVar("T")

# Work that is abandoned is in a call that goes on for longer than what puts out a lamp.
_ABANDONED_S = 2.0


class Rig(Closing):
    """An open rig: devices behind limits, a safe state, and one thread that talks to them.

    Use it as a context manager; leaving parks and closes it, and raises `hil.errors.NotParked`
    where a device is not known to be safe.

    Parameters
    ----------
    plan
        What to open.

    Attributes
    ----------
    watch
        Called every 0.1 s while the main thread waits for the devices.

    Raises
    ------
    InputError
        The rig file names settings or a camera that the devices do not have, or values they do not
        take. Everything that was opened is closed again, and nothing of ours has moved.
    RigError
        A driver could not connect.
    """

    def __init__(self, plan: Plan) -> None:
        self.file = plan.file
        self.spec = plan.file.spec
        self.thread = DeviceThread()
        self._drivers: list[OpenDriver] = []
        self._hangs: list[Hang] = []
        self._closed = False
        self.watch: Callable[[], None] = lambda: None
        try:
            self.thread.run(lambda: self._open(plan))
        except BaseException as error:
            try:
                self.dark_after(error)
            finally:
                self.close()
            raise

    def _open(self, plan: Plan) -> None:
        devices: dict[str, Device] = {}
        for i, (kind, options) in enumerate(plan.kinds):
            name = self.file.spec.driver[i].kind
            try:
                opened = OpenDriver(name, kind, options, self.spec, self._hangs_now)
            except DriverError as error:
                raise RigError(f"{self.file.path.name}: driver.{i}: {error}") from error
            self._drivers.append(opened)
            for label, device in opened.devices.items():
                if label in devices:
                    raise InputError(self.file.path, f"driver.{i}", f"a second device {label!r}")
                devices[label] = device
        self._camera = self._chosen(devices)
        try:
            self.safety = Safety(devices, self.spec, self.file.path.parent)
            self.noise_conditions = noise_conditions(self.safety, self.spec)
            self.recorded = recorded_settings(self.safety, self.spec)
        except SafetyError as error:
            raise InputError(self.file.path, error.key, str(error)) from None
        except DriverError as error:  # it has just been unplugged
            raise RigError(f"{self.file.path.name}: {error}") from error
        try:
            self.safety.check(self.spec.setup)
        except SafetyError as error:
            raise InputError(self.file.path, "setup", str(error)) from None
        except DriverError as error:
            raise RigError(str(error)) from error

    def _chosen(self, devices: Mapping[str, Device]) -> Camera | None:
        if not self.spec.camera:
            return None
        camera = devices.get(self.spec.camera)
        if isinstance(camera, Camera):
            return camera
        cameras = [label for label, device in devices.items() if isinstance(device, Camera)]
        raise InputError(
            self.file.path, "camera", f"{self.spec.camera!r}, {nearest(self.spec.camera, cameras)}"
        )

    # --- what a person does at the rig -----------------------------------------------------------

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices by label."""
        return dict(self.safety.devices)

    @property
    def settings(self) -> Mapping[str, Setting]:
        """All settings by canonical name."""
        return dict(self.safety.settings)

    @property
    def camera(self) -> Camera:
        """The device that takes the frames.

        Raises
        ------
        InputError
            The rig file names none.
        """
        self.file.needs_camera()
        assert self._camera is not None
        return self._camera

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the drivers offer in part or not at all, and why."""
        return tuple(warning for driver in self._drivers for warning in driver.warnings())

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the libraries and adapters behind the devices."""
        return {k: v for driver in self._drivers for k, v in driver.versions().items()}

    @property
    def truth(self) -> Any:
        """What a simulated rig hides; None on hardware."""
        truths = [getattr(driver.connection, "truth", None) for driver in self._drivers]
        return next((truth for truth in truths if truth is not None), None)

    def device_s(self) -> float:
        """Seconds on the devices' clock; that of simulated devices may run faster than time."""
        own = self._own_clocks()
        return time.monotonic() if own is None else float(sum(clock() for clock in own))

    @property
    def has_own_clock(self) -> bool:
        """Whether the devices' time is their own, and not the program's."""
        return self._own_clocks() is not None

    def _own_clocks(self) -> list[Callable[[], float]] | None:
        clocks = [getattr(driver.connection, "device_s", None) for driver in self._drivers]
        own = [clock for clock in clocks if clock is not None]
        # Beside real devices simulated ones cannot have a time of their own.
        return own if len(own) == len(clocks) else None

    def setup(self) -> dict[str, Value]:
        """Apply the rig file's ``[setup]``; return what is read back."""
        return self.apply(self.spec.setup) if self.spec.setup else {}

    def read(self, *names: str) -> dict[str, Value]:
        """Read settings from the devices; all of them without a name.

        Raises
        ------
        SafetyError, RigError
        """
        wanted = names or tuple(self.settings)
        return self.run(lambda: self.safety.read(wanted))

    def apply(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Move devices within the rig's limits, wait, and return what they read back.

        Raises
        ------
        SafetyError, RigError
        """
        return self.run(lambda: self.safety.apply(values))

    def park(self, watch: Callable[[], None] | None = None) -> list[ParkProblem]:
        """Go to the safe state, light first; return the settings that are not known to be safe."""
        return self.run(self.safety.park, watch)

    @property
    def hangs(self) -> tuple[Hang, ...]:
        """Calls that devices have not returned from in time, those to stop included."""
        stops = (Hang(label, "stop", HALT_S) for label in self.safety.hanging_stops())
        return (*self._hangs, *stops)

    def _hangs_now(self, hang: Hang) -> None:
        """Go dark before anything else is done about a device that hangs."""
        self._hangs.append(hang)
        if hasattr(self, "safety"):
            self.safety.darken()

    def dark_after(self, error: BaseException) -> None:
        """Put out what is lit, though nothing of ours has moved: a lamp may light at its opening.

        Who wrote something wrong finds everything as it was. Not by the device thread, which may be
        in a call that hangs.

        Parameters
        ----------
        error
            For which the rig is left.

        Raises
        ------
        NotParked
            A lamp is not known to be dark.
        """
        if isinstance(error, InputError | RigHeld):
            return
        problems: list[ParkProblem] = []

        def dark(driver: OpenDriver) -> None:
            try:
                problems.extend(parking_of(driver.devices, self.file).darken_lit())
            except Exception as silent:
                problems.append(ParkProblem(", ".join(driver.devices), str(silent)))

        threads = [  # one that does not answer keeps no other lit
            threading.Thread(target=dark, args=(driver,), name="hil-dark", daemon=True)
            for driver in self._drivers
        ]
        for thread in threads:
            start_or_run(thread)
        for thread in threads:
            join(thread)
        if problems:
            raise NotParked({one.setting: one.message for one in problems}, error) from error

    def run(self, work: Callable[[], T], watch: Callable[[], None] | None = None) -> T:
        """Run work on the device thread; without ``watch`` that of the rig is called meanwhile."""
        return self.thread.run(work, watch or self.watch)

    def abandon_work(self) -> None:
        """Wait no longer for what the device thread does; the next work has another thread.

        What was abandoned moves nothing any more.
        """
        self.thread.abandon()
        for driver in self._drivers:
            driver.leave_behind(_ABANDONED_S)
        self.thread = DeviceThread()

    def close(self) -> None:
        """Release the devices. Safe to call twice; does not park."""
        if self._closed:
            return
        self._closed = True
        for driver in reversed(self._drivers):
            driver.close()
        self.thread.close(wait=False)

    def _leave(self) -> None:
        try:
            problems = self.park()
        finally:
            self.close()
        if problems:
            raise NotParked({problem.setting: problem.message for problem in problems})


def load_rig(path: str | Path) -> Rig:
    """Open the rig that a file describes and apply its ``[setup]``.

    Parameters
    ----------
    path
        A rig file.

    Returns
    -------
    Rig
        A context manager that parks and closes.

    Raises
    ------
    InputError
        The file is wrong.
    RigError
        A device failed.
    """
    rig = Rig(Plan(load_rig_file(path)))
    try:
        rig.setup()
    except BaseException:
        rig.__exit__(None, None, None)
        raise
    return rig
