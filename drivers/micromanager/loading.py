"""A configuration handed to the core, and what the core says when it refuses one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from drivers.errors import DeviceFault
from drivers.micromanager.config import ConfigFile, fields_of
from drivers.micromanager.core import Core, said

_LINE = re.compile(r"^Line (\d+): ")
_INITIALIZES = ["Property", "Core", "Initialize", "1"]
_DEVICE = re.compile(r'(?:Error in device|No device with label) "([^"]*)"')


def load(core: Core, config: ConfigFile) -> None:
    """Load a configuration. Runs its start-up preset, and may home stages.

    Raises
    ------
    DeviceFault
        In the core's words: one line, with the line of the file.
    """
    try:
        with _readable(config) as path:
            core.loadSystemConfiguration(path)
    except (RuntimeError, OSError, ValueError, MemoryError) as error:
        raise _refused(config, said(error)) from error


@contextmanager
def _readable(config: ConfigFile) -> Iterator[Path]:
    """Give a file that the core reads as `read_config` did: often the file itself."""
    if config.as_it_is:
        yield config.path
        return
    with tempfile.TemporaryDirectory(prefix="hil-") as folder:
        copy = Path(folder) / config.path.name
        copy.write_text("\n".join(config.lines), encoding="utf-8", newline="\n")
        yield copy


def _refused(config: ConfigFile, told: str) -> DeviceFault:
    """Say it in one line, with the line of the file, and how to go on without the device."""
    head = _LINE.match(told)
    number = int(head.group(1)) if head else 0
    text = config.lines[number - 1] if 0 < number <= len(config.lines) else ""
    message = told.removeprefix(head.group(0)).removeprefix(text) if head else told
    where = f"line {number}, {text}: " if head else ""
    label = _at_fault(fields_of(text), message)
    hint = ""
    if label in config.labels():
        hint = (
            f'; to go without {label}: without = ["{label}"] in [[driver]],'
            f' or hil rig init --without "{label}"'
        )
    elif not any(fields_of(line) == _INITIALIZES for line in config.lines):
        hint = f"; the file has no line {','.join(_INITIALIZES)}"
    message = " ".join(message.split())
    return DeviceFault("micromanager", f"loading {config.path.name}", f"{where}{message}{hint}")


def _at_fault(fields: Sequence[str], message: str) -> str:
    """Tell which device a refusal is about; empty if it is about none."""
    if named := _DEVICE.search(message):
        return named.group(1)
    match fields:
        case ["Property", "Core", _, label] | [_, label, *_]:
            return label
    return ""
