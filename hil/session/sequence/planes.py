"""The planes of an acquisition sequence, checked against a rig before anything moves."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from drivers.errors import ConfigError, DriverError
from drivers.given import given_text
from drivers.sequence import Plane, Sequenced
from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.rig.safety import Safety

KEY = "measure.sequence"


def sequence_text(name: str, where: str | Path) -> str:
    """Read the file of a sequence as text; what it says is the driver's to tell.

    Parameters
    ----------
    name, where
        As for `read_planes`.

    Raises
    ------
    InputError
        It cannot be read, or is no text.
    """
    try:
        return given_text(Path(where).parent / name)
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(where, KEY, f"{name!r} cannot be read: {problem}") from None


def read_planes(
    name: str, camera: str, safety: Safety, where: str | Path
) -> tuple[str, tuple[Plane, ...]]:
    """Read the file of a sequence, on the device thread; nothing moves.

    Parameters
    ----------
    name
        Its path, relative to the session file.
    camera
        Label of the camera that takes it.
    safety
        The devices with their limits.
    where
        The session file.

    Returns
    -------
    str
        Text of the file.
    tuple
        Its planes, under canonical names and with all that presets set.

    Raises
    ------
    InputError
    """
    path = Path(where).parent / name
    device = safety.devices[camera]
    if not isinstance(device, Sequenced):
        raise InputError(where, KEY, f"{camera} takes none, allowed: a camera of Micro-Manager")
    text = sequence_text(name, where)
    try:
        planes = device.planes(text)
    except ConfigError as error:
        raise InputError(path, error.key, error.problem) from None
    except DriverError as error:
        raise InputError(path, "", str(error)) from None
    return text, check_planes(planes, safety, path)


def check_planes(planes: tuple[Plane, ...], safety: Safety, where: str | Path) -> tuple[Plane, ...]:
    """Check what planes set, one by one; give it under canonical names.

    Every plane must set what every other does: else what one left behind would be in the next.

    Raises
    ------
    InputError
    """
    checked = []
    for plane in planes:
        settings: dict[str, Value] = {}
        try:
            for name, value in safety.targets(plane.settings).items():
                settings |= safety.check_each({name: value})
        except SafetyError as error:
            raise InputError(where, plane.name, str(error)) from None
        checked.append(Plane(plane.name, settings, plane.after_s))
    for plane in checked[1:]:
        if differ := set(plane.settings) ^ set(checked[0].settings):
            raise InputError(
                where,
                plane.name,
                f"{min(differ)} is set in one of it and {checked[0].name!r} alone, allowed: in all",
            )
    return tuple(checked)


def moved_by(planes: Collection[Plane]) -> tuple[str, ...]:
    """Name all that planes set."""
    return tuple(dict.fromkeys(name for plane in planes for name in plane.settings))
