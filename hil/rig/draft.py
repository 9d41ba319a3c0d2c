"""``hil rig init``: a first rig file, from what the devices say of themselves."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from drivers.errors import ConfigError, DriverError
from drivers.protocol import Camera, Connection, Device, Setting
from hil.errors import InputError, RigError
from hil.rig.device_thread import DeviceThread
from hil.rig.driver_kinds import driver_kind
from hil.rig.limits import darkest

# A stage that does not say how far it may go gets this much to either side of where it stands.
_STAGE_RANGE_UM = 20.0

_HEAD = """\
# Written by `hil rig init`. Go through it before the first session: a limit that is too wide can
# cost an objective or a sample. `hil rig check` shows every setting and what is still missing.
spec_version = 1
name = {name}
camera = {camera}

[[driver]]
kind = "micromanager"
config = {config}

# [noise]                          # the camera's data sheet; better: calibration = "latest"
# kind = "camera"
# gain_e_per_adu = 0.5
# offset_adu = 100
# read_noise_e = 1.6
# bit_depth = 16

# [calibrate]                      # what hil calibrate does; any static scene will do
# dark = {{ set = {{ {exposure} = 1 }} }}   # and the light off, shortest exposure
# vary = {{ setting = {exposure}, low = 2, high = 200, points = 8 }}
"""


def draft(config: Path, output: Path) -> str:
    """Load a Micro-Manager configuration and write a rig file for it.

    Loading runs the configuration's own start-up, which may move devices.

    Parameters
    ----------
    config
        The configuration.
    output
        Where the rig file will lie: the configuration is named relative to it.

    Returns
    -------
    str
        The text of the file.

    Raises
    ------
    InputError
        It is no configuration, or has no camera.
    RigError
        A device did not answer.
    """
    thread = DeviceThread()
    try:
        return thread.run(lambda: _draft(config, output))
    finally:
        thread.close()


def _draft(config: Path, output: Path) -> str:
    with _loaded(config) as devices:
        cameras = [label for label, device in devices.items() if isinstance(device, Camera)]
        if not cameras:
            raise InputError(config, "", "there is no camera in it")
        settings = [
            (setting, device)
            for device in devices.values()
            for setting in device.describe()
            if not setting.read_only
        ]
        parts = [
            _HEAD.format(
                name=_quoted(config.stem),
                camera=_quoted(cameras[0]),
                exposure=_quoted(f"{cameras[0]}.exposure_ms"),
                config=_quoted(_relative(config, output.parent)),
            )
        ]
        if len(cameras) > 1:
            parts.append(f"\n# other cameras: {', '.join(cameras[1:])}\n")
        parts += [
            _limit(setting, float(device.read(setting.name)))
            for setting, device in settings
            if setting.role == "position"
        ]
        parts += [
            f"\n[[park]]\nset = {{ {_quoted(s.name)} = {_quoted(darkest(s))} }}\n"
            for s, _ in settings
            if s.role == "light"
        ]
        return "".join(parts)


@contextmanager
def _loaded(config: Path) -> Iterator[Mapping[str, Device]]:
    kind = driver_kind("micromanager")
    connection: Connection | None = None
    try:
        options = kind.options({"config": config.name}, config.absolute().parent)
        connection = kind.open(options)
        yield connection.devices
    except ConfigError as error:
        raise InputError(config, "", error.problem) from None
    except DriverError as error:
        raise RigError(f"{config.name}: {error}") from error
    finally:
        if connection is not None:
            connection.close()


def _relative(config: Path, folder: Path) -> str:
    """Name the configuration so that it survives a move of the folder, where that is possible."""
    try:
        return Path(os.path.relpath(config.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive
        return config.absolute().as_posix()


def _limit(setting: Setting, here: float) -> str:
    low = here - _STAGE_RANGE_UM if setting.low is None else setting.low
    high = here + _STAGE_RANGE_UM if setting.high is None else setting.high
    guessed = setting.low is None or setting.high is None
    comment = f"  # a guess around {here:g}: put what is safe" if guessed else ""
    return (
        f"\n[limits.{_quoted(setting.name)}]{comment}\n"
        f"low = {_number(low)}\nhigh = {_number(high)}\ntimeout_s = 10\n"
    )


def _quoted(value: float | int | str) -> str:
    """Write a value as TOML: for numbers and strings without control characters that is JSON."""
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    return repr(math.floor(value * 1000) / 1000)
