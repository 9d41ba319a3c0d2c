"""What a driver may raise. Messages speak of the rig, in the words of the person at it."""

from __future__ import annotations


class DriverError(Exception):
    """Root of everything that a driver raises on purpose."""


class ConfigError(DriverError):
    """The driver's own options, or the file they name, are wrong. Raised before anything moves.

    Parameters
    ----------
    key
        The option at fault as it stands in ``rig.toml``, ``"config"`` say.
    problem
        What is wrong and what is allowed, one line.
    """

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        self.problem = problem
        super().__init__(f"{key}: {problem}" if key else problem)


class UnknownSetting(DriverError):
    """No device has a setting of that name."""

    def __init__(self, setting: str, known: tuple[str, ...] = ()) -> None:
        self.setting = setting
        self.known = known
        super().__init__(f"no setting {setting!r}")


class ValueRefused(DriverError):
    """A value has the wrong type, is not finite, or lies outside what the device allows.

    Raised before the device sees the value.
    """

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        self.setting = setting
        self.value = value
        self.allowed = allowed
        super().__init__(f"{setting} = {value!r} refused, allowed: {allowed}")


class SettleTimeout(DriverError):
    """A device did not reach its target in time. The driver has told it to stop."""

    def __init__(
        self, setting: str, requested: object, last_seen: object, waited_s: float, unit: str = ""
    ) -> None:
        self.setting = setting
        self.requested = requested
        self.last_seen = last_seen
        self.waited_s = waited_s
        suffix = f" {unit}" if unit else ""
        super().__init__(
            f"{setting} did not settle at {requested}{suffix} within {waited_s:g} s,"
            f" last seen at {last_seen}{suffix}"
        )


class NotReached(DriverError):
    """A device says that it has settled, and reads back something else."""

    def __init__(self, setting: str, requested: object, read_back: object, unit: str = "") -> None:
        self.setting = setting
        self.requested = requested
        self.read_back = read_back
        suffix = f" {unit}" if unit else ""
        super().__init__(
            f"{setting} was set to {requested}{suffix} and reads back {read_back}{suffix}"
        )


class DeviceFault(DriverError):
    """A device answered with an error of its own."""

    def __init__(self, device: str, action: str, message: str) -> None:
        self.device = device
        self.action = action
        super().__init__(f"{device}: {action}: {message}")


class DeviceLost(DriverError):
    """The link to a device is gone. Nothing more can be asked of it through this connection."""

    def __init__(self, device: str, message: str) -> None:
        self.device = device
        super().__init__(f"{device} is gone: {message}")


class FrameTimeout(DriverError):
    """A frame came later than the timeout."""

    def __init__(self, camera: str, index: int, waited_s: float) -> None:
        self.camera = camera
        self.index = index
        self.waited_s = waited_s
        super().__init__(f"{camera}: frame {index} did not come within {waited_s:g} s")


class FrameLost(DriverError):
    """Frames of a series were dropped: an overflow, or a gap in the image numbers."""

    def __init__(self, camera: str, wanted: int, received: int, message: str) -> None:
        self.camera = camera
        self.wanted = wanted
        self.received = received
        super().__init__(f"{camera}: {received} of {wanted} frames came: {message}")


class CaptureCancelled(DriverError):
    """``cancel()`` was called while frames were being taken."""

    def __init__(self, camera: str) -> None:
        self.camera = camera
        super().__init__(f"{camera}: capture cancelled")
