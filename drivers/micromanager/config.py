"""What a Micro-Manager configuration file says before any of it is carried out.

Loading a configuration moves hardware, so whatever the text can tell is found out here. Lines are
comma-separated; the ones that matter are ``Device,LABEL,ADAPTER,NAME``, ``Parent,LABEL,HUB`` and
``Property,LABEL,Port,PORT`` (Micro-Manager Configuration Guide, "Configuration file syntax").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.errors import ConfigError

SIMULATED = frozenset({"DemoCamera", "NotificationTester", "SequenceTester", "Utilities"})
"""Adapters without hardware of their own. Those of Utilities combine other devices."""


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


def read_config(path: Path) -> tuple[ConfigDevice, ...]:
    """Read the devices of a configuration file.

    Raises
    ------
    ConfigError
        The file is not there, or is not a configuration.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("config", f"no file {str(path)!r}") from None
    except OSError as error:
        raise ConfigError("config", f"{str(path)!r} cannot be read: {error.strerror}") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # the Configurator wrote the system's code page

    rows: list[list[str]] = []
    fields: Mapping[str, dict[str, str]] = {"Parent": {}, "Port": {}}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        words = [word.strip() for word in line.split(",")]
        match words:
            case ["Device", label, adapter, name] if label and adapter and name:
                rows.append([label, adapter, name])
            case ["Device", *_]:
                raise ConfigError(
                    "config", f"{path.name}, line {number}: allowed: Device,LABEL,ADAPTER,NAME"
                )
            case ["Parent", label, hub]:
                fields["Parent"][label] = hub
            case ["Property", label, "Port", port]:
                fields["Port"][label] = port
            case [_]:
                raise ConfigError(
                    "config",
                    f"{path.name}, line {number}: not a line of a Micro-Manager configuration,"
                    " allowed: fields between commas",
                )
    if not rows:
        raise ConfigError(
            "config", f"{path.name} is not a Micro-Manager configuration: it has no Device line"
        )
    return tuple(
        ConfigDevice(
            label,
            adapter,
            name,
            parent=fields["Parent"].get(label, ""),
            port=fields["Port"].get(label, ""),
        )
        for label, adapter, name in rows
    )


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
