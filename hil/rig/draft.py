"""``hil rig init``: a first rig file, from what the devices say of themselves."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import ConfigError, DriverError
from drivers.protocol import Advising, Camera, Connection, Device, DraftHints, Setting
from drivers.types import Value
from hil.errors import InputError, RigError
from hil.rig.device_thread import DeviceThread
from hil.rig.driver_kinds import driver_kind
from hil.rig.limits import darkest

# A stage that does not say how far it may go gets this much to either side of where it stands.
_STAGE_RANGE_UM = 20.0

# Beside the rig file, for editors; see `hil schema`.
SCHEMA_FILE = "rig.schema.json"

_HEAD = """\
#:schema {schema}
# Written by `hil rig init`. Go through it before the first session: a limit that is too wide can
# cost an objective or a sample. `hil rig check` shows every setting and what is still missing.
{warnings}spec_version = 1
name = {name}
{camera}

[[driver]]
kind = "micromanager"
config = {config}
{without}{driver}
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
_NO_CAMERA = """\
# camera = "..."                   # none in this configuration: name one of a further [[driver]]"""
_FURTHER_DRIVER = """
# [[driver]]                       # the one with the camera
# kind = "..."
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A first rig file.

    Parameters
    ----------
    text
        What stands in it.
    warnings
        What of the configuration is left out or has to be looked at: one line each. They stand in
        the file too.
    exposure
        The camera's setting, and what it stands at, ms; None where there is none.
    """

    text: str
    warnings: tuple[str, ...]
    exposure: tuple[str, float] | None = None


def draft(config: Path, output: Path, without: Sequence[str] = ()) -> Draft:
    """Load a Micro-Manager configuration and write a rig file for it.

    Loading runs the configuration's own start-up, which may move devices.

    Parameters
    ----------
    config
        The configuration.
    output
        Where the rig file will lie: the configuration is named relative to it.
    without
        Labels of devices that are not loaded.

    Raises
    ------
    InputError
        It is no configuration.
    RigError
        The core refuses it.
    """
    thread = DeviceThread()
    try:
        return thread.run(lambda: _draft(config, output, without))
    finally:
        thread.close()


def _draft(config: Path, output: Path, without: Sequence[str]) -> Draft:
    with _loaded(config, without) as connection:
        warnings: list[str] = []
        hints = DraftHints()
        if isinstance(connection, Advising):
            warnings += connection.warnings
            hints = connection.hints()
        devices = connection.devices
        present, unread = _present(devices)
        warnings += unread
        cameras = [label for label, device in devices.items() if isinstance(device, Camera)]
        camera = hints.camera or next(iter(cameras), "")
        others = [label for label in cameras if label != camera]
        if others:
            warnings.append(f"the camera is {camera}; there are also {', '.join(others)}")
        if not camera:
            warnings.append("there is no camera in it: add a [[driver]] that has one")
        warnings = [_one_line(warning) for warning in warnings]
        settings = [s for s, _ in present if not s.read_only]
        values = {setting.name: value for setting, value in present}
        head = _HEAD.format(
            warnings="".join(f"# warning: {warning}\n" for warning in warnings),
            schema=SCHEMA_FILE,
            name=_quoted(config.stem),
            camera=f"camera = {_quoted(camera)}" if camera else _NO_CAMERA,
            config=_quoted(_relative(config, output.parent)),
            without=f"without = [{', '.join(map(_quoted, without))}]\n" if without else "",
            driver="" if camera else _FURTHER_DRIVER,
            exposure=_quoted(f"{camera or 'CAMERA'}.exposure_ms"),
        )
        limits = [_limit(s, float(values[s.name])) for s in settings if s.role == "position"]
        parks = [
            f"\n[[park]]\nset = {{ {_quoted(s.name)} = {_quoted(darkest(s))} }}\n"
            for s in settings
            if s.role == "light"
        ]
        exposure = f"{camera}.exposure_ms"
        stands_ms = values.get(exposure)
        return Draft(
            "".join([head, _optics(hints), *limits, *parks]),
            tuple(warnings),
            None if stands_ms is None else (exposure, float(stands_ms)),
        )


def _present(
    devices: Mapping[str, Device],
) -> tuple[list[tuple[Setting, Value]], list[str]]:
    """Read every setting; what cannot be read is told and left out."""
    present: list[tuple[Setting, Value]] = []
    unread = []
    for device in devices.values():
        for setting in device.describe():
            try:
                value = device.read(setting.name)
            except DriverError as error:
                unread.append(f"{setting.name} is left out: it cannot be read: {error}")
                continue
            if isinstance(value, float) and not math.isfinite(value):
                unread.append(f"{setting.name} is left out: it reads {value}")
                continue
            present.append((setting, value))
    return present, unread


def _optics(hints: DraftHints) -> str:
    if hints.pixel_size_um is None:
        return ""
    why = f"{_one_line(hints.pixel_size_of)}, which holds now"
    return f"\n[optics]\npixel_size_um = {hints.pixel_size_um!r}  # {why}\n"


@contextmanager
def _loaded(config: Path, without: Sequence[str]) -> Iterator[Connection]:
    kind = driver_kind("micromanager")
    connection: Connection | None = None
    table = {"config": config.name, "without": list(without)}
    try:
        connection = kind.open(kind.options(table, config.absolute().parent))
        yield connection
    except ConfigError as error:
        if error.key == "without":
            raise InputError("--without", "", error.problem) from None
        problem = error.problem.removeprefix(config.name).lstrip(", ")
        raise InputError(config, "", problem) from None
    except DriverError as error:
        said = str(error).removeprefix(f"micromanager: loading {config.name}: ")
        raise RigError(f"{config.name}: {said}") from error
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
    told = [None if end is None or math.isinf(end) else end for end in (setting.low, setting.high)]
    low = here - _STAGE_RANGE_UM if told[0] is None else told[0]
    high = here + _STAGE_RANGE_UM if told[1] is None else told[1]
    guessed = None in told
    comment = f"  # a guess around {here:g}: put what is safe" if guessed else ""
    return (
        f"\n[limits.{_quoted(setting.name)}]{comment}\n"
        f"low = {_number(low)}\nhigh = {_number(high)}\ntimeout_s = 10\n"
    )


def _quoted(value: float | int | str) -> str:
    """Write a value as TOML: for numbers and strings without control characters that is JSON."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    """Write a text as the comment of a TOML file may be: without control characters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _number(value: float) -> str:
    return repr(round(value, 3))
