"""What a Micro-Manager configuration file says before any of it is carried out.

Loading a configuration moves hardware, so whatever the text can tell is found out here. The file is
read as the core reads it (Micro-Manager Configuration Guide, "Configuration file syntax"): fields
between commas, of which empty ones do not count; lines that begin with none of its words are passed
by. The ones that matter here are ``Device,LABEL,ADAPTER,NAME``, ``Parent,LABEL,HUB``,
``Property,LABEL,Port,PORT`` and ``Label,LABEL,POSITION,NAME``.
"""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import ConfigError
from drivers.given import given_bytes

SIMULATED = frozenset({"DemoCamera", "NotificationTester", "SequenceTester", "Utilities"})
"""Adapters without hardware of their own. Those of Utilities combine other devices."""

LONGEST_LINE_BYTES = 4099
"""The core reads no further than a line that is longer, without a word."""

_OF_A_DEVICE = frozenset({"Device", "Property", "Label", "Delay", "FocusDirection", "Parent"})
"""Lines whose second field is the label that they are about."""
_ROLES = frozenset(
    {"Camera", "Shutter", "Focus", "XYStage", "AutoFocus", "ImageProcessor", "SLM", "Galvo"}
)
"""What a device can be to the core."""


@dataclass(frozen=True, slots=True)
class ConfigDevice:
    """One ``Device`` line.

    Parameters
    ----------
    label
        The name that settings carry.
    adapter, name
        The library and which of its devices.
    parent
        Label of the hub it hangs on; empty without one.
    port
        Label of the serial port it talks through; empty without one.
    """

    label: str
    adapter: str
    name: str
    parent: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration as the core is to see it.

    Parameters
    ----------
    path
        Where it lies.
    lines
        Its lines, those that are left out empty, so that the core counts as a person does.
    as_it_is
        Whether the file says just that to the core: it is UTF-8, and nothing is left out of it.
    devices
        Its devices.
    """

    path: Path
    lines: tuple[str, ...]
    as_it_is: bool
    devices: tuple[ConfigDevice, ...]

    def labels(self) -> frozenset[str]:
        """Give every label that must be a device's; see `labels_needed`."""
        return labels_needed(self.lines)

    def places(self) -> Mapping[str, tuple[str, ...]]:
        """Give what the places of each wheel are called, by the wheel's label; a name may recur."""
        found: dict[str, dict[str, str]] = {}
        for fields in map(fields_of, self.lines):
            if fields[:1] == ["Label"] and len(fields) == 4:
                found.setdefault(fields[1], {})[fields[2]] = fields[3]
        return {label: tuple(names.values()) for label, names in found.items()}


def read_config(path: Path, without: Collection[str] = ()) -> ConfigFile:
    """Read a configuration file.

    Parameters
    ----------
    path
        The file.
    without
        Labels of devices that are left out, with whatever is said of them.

    Raises
    ------
    ConfigError
        The file is not there, is not a configuration, or has no device of such a label.
    """
    text, plain = _decoded(path)
    # As the core does: a carriage return ends what counts of a line.
    lines = [line.partition("\r")[0] for line in text.split("\n")]
    plain = plain and all(_fits(line) for line in lines)
    lines = ["" if line.startswith("#") else line for line in lines]
    for number, line in enumerate(lines, start=1):
        if not _fits(line):
            raise ConfigError(
                "config",
                f"{path.name}, line {number}: longer than {LONGEST_LINE_BYTES} bytes, where"
                " Micro-Manager's core stops reading without a word",
            )
    kept = _without(path, lines, without)
    if without and not any(fields_of(line)[:1] == ["Device"] for line in kept):
        raise ConfigError("without", f"no device of {path.name} is left")
    return ConfigFile(path, tuple(kept), plain and kept == lines, _devices(path, kept))


def hardware(devices: tuple[ConfigDevice, ...]) -> tuple[str, ...]:
    """Name the hardware that a configuration reaches, the same in every file that reaches it.

    A device on a serial port is its port, one on a hub its hub, any other its adapter and name. The
    path of the file would not do: two files can name one camera. The price is that two equal
    devices, told apart by a serial number alone, count as one.
    """
    adapters = {device.label: device.adapter for device in devices}
    names = set()
    for device in devices:
        behind_hub = adapters.get(device.parent, device.adapter) == device.adapter and device.parent
        if device.adapter in SIMULATED or behind_hub:
            continue
        if device.adapter == "SerialManager":
            names.add(f"serial:{device.name}")
        elif device.port and adapters.get(device.port) == "SerialManager":
            port = next(other.name for other in devices if other.label == device.port)
            names.add(f"serial:{port}")
        else:
            names.add(f"micromanager:{device.adapter}:{device.name}")
    return tuple(sorted(names))


def _decoded(path: Path) -> tuple[str, bool]:
    """Read the text, and tell whether the core may be given the very same bytes."""
    try:
        raw = given_bytes(path)
    except FileNotFoundError:
        raise ConfigError("config", f"no file {str(path)!r}") from None
    except OSError as error:
        raise ConfigError("config", f"{str(path)!r} cannot be read: {error.strerror}") from None
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigError("config", f"{path.name} is saved as UTF-16, allowed: UTF-8 or ANSI")
    marked = raw.startswith(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8-sig"), not marked
    except UnicodeDecodeError:
        # Written in a system's code page. Whichever it was: Latin-1 has a letter for every byte, so
        # that a label is the same one each time.
        return raw.removeprefix(codecs.BOM_UTF8).decode("latin-1"), False


def _fits(line: str) -> bool:
    return len(line.encode()) <= LONGEST_LINE_BYTES


def fields_of(line: str) -> list[str]:
    """Split a line as the core does: empty fields do not count, blanks belong to a field."""
    return [field for field in line.split(",") if field]


def labels_needed(lines: Iterable[str]) -> frozenset[str]:
    """Give the labels without which the core refuses a line, whether they are devices or not."""
    found = set()
    for fields in map(fields_of, lines):
        match fields:
            case ["Property", "Core", role, label] if role in _ROLES:
                found.add(label)
            case ["Parent", label, hub]:
                found |= {label, hub}
            case [word, label, *_] if word in _OF_A_DEVICE:
                found.add(label)
            case ["ConfigGroup", "System", "Startup" | "Shutdown", label, *_]:
                found.add(label)
    return frozenset(found - {"Core"})


def _devices(path: Path, lines: Sequence[str]) -> tuple[ConfigDevice, ...]:
    rows: list[list[str]] = []
    parents: dict[str, str] = {}
    ports: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match fields_of(line):
            case ["Device", label, adapter, name]:
                rows.append([label, adapter, name])
            case ["Device", *_]:
                raise ConfigError(
                    "config", f"{path.name}, line {number}: allowed: Device,LABEL,ADAPTER,NAME"
                )
            case ["Parent", label, hub]:
                parents[label] = hub
            case ["Property", label, "Port", port]:
                ports[label] = port
    if not rows:
        # Stray words are passed by, as the core does; here they are what the file consists of.
        stray = next((n for n, line in enumerate(lines, 1) if len(fields_of(line)) == 1), 0)
        what = (
            f"{path.name}, line {stray}: not a line of a Micro-Manager configuration, and"
            if stray
            else f"{path.name} is not a Micro-Manager configuration:"
        )
        raise ConfigError("config", f"{what} it has no Device line")
    return tuple(
        ConfigDevice(label, adapter, name, parent=parents.get(label, ""), port=ports.get(label, ""))
        for label, adapter, name in rows
    )


def _without(path: Path, lines: Sequence[str], without: Collection[str]) -> list[str]:
    """Blank the lines that need a device that is left out; presets keep theirs, and are told."""
    if not without:
        return list(lines)
    split = [fields_of(line) for line in lines]
    known = labels_needed(lines)
    for label in without:
        if label not in known:
            close = difflib.get_close_matches(label, known, n=1) or sorted(known)
            raise ConfigError(
                "without", f"{path.name} has no device {label!r}, allowed: {', '.join(close)}"
            )
    combining = {f[1] for f in split if f[:1] == ["Device"] and "Utilities" in f[2:3]} | {"Core"}
    return [
        "" if _needs(fields, without, combining) else line
        for fields, line in zip(split, lines, strict=True)
    ]


def _needs(fields: Sequence[str], without: Collection[str], combining: Collection[str]) -> bool:
    """Whether a line cannot be carried out without these devices."""
    match fields:
        case [word, label, *_] if word in _OF_A_DEVICE and label in without:
            return True
        case ["Parent", _, hub]:
            return hub in without
        # The core's roles, and devices that are made of others.
        case ["Property", label, _, value] if label in combining:
            return value in without
        case ["ConfigGroup", "System", "Startup" | "Shutdown", label, *rest]:
            return label in without or (
                label in combining and not set(rest[1:]).isdisjoint(without)
            )
    return False
