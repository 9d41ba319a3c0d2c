"""Serial ports, and what VISA lists."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from drivers.listing.listed import Listed

_EXTRA = 'python -m pip install "hil-imaging[visa]"'
_NO_PORT = {
    "linux": "plug it in; where it is, allow this user: group dialout",
    "win32": "plug it in; where it is, install the driver of its USB adapter (Device Manager)",
}
# The maker's library first: it knows boards that PyVISA-py does not.
_BACKENDS = ("@ivi", "@py")


def serial_ports() -> Listed:
    """List serial ports by the system's names, as configurations and VISA tables take them."""
    try:
        list_ports: Any = importlib.import_module("serial.tools.list_ports")
    except ImportError:
        return Listed(advice=f"pyserial is not installed: {_EXTRA}", known=False)
    found = sorted(list_ports.comports(), key=lambda port: str(port.device))
    advice = "" if found else _NO_PORT.get(sys.platform, "plug it in")
    return Listed(tuple(str(port.device) for port in found), tuple(map(_port, found)), advice)


def _port(port: Any) -> str:
    words = (port.description, port.manufacturer, port.serial_number)
    said = [str(word) for word in words if word and word != "n/a"]
    return f"{port.device} ({', '.join(said)})" if said else str(port.device)


def resources() -> Listed:
    """List what VISA finds: on USB, GPIB and serial lines, and what answers on the network."""
    try:
        pyvisa: Any = importlib.import_module("pyvisa")
    except ImportError:
        return Listed(advice=f"PyVISA is not installed: {_EXTRA}", known=False)
    found: dict[str, str] = {}
    problems = []
    for backend in _BACKENDS:
        try:
            manager = pyvisa.ResourceManager(backend)
            try:
                for name in manager.list_resources("?*"):
                    found.setdefault(str(name), f"{name} ({backend})")
            finally:
                manager.close()
        except Exception as error:  # a library that is not there raises one of several
            problems.append(f"{backend}: {str(error).splitlines()[0] or type(error).__name__}")
    if len(problems) == len(_BACKENDS):
        why = f"no VISA library can be used ({'; '.join(problems)})"
        return Listed(advice=f"{why}: {_EXTRA}, or NI-VISA", known=False)
    advice = "switch the instrument on; GPIB and most USB instruments need NI-VISA or the like"
    return Listed(tuple(found), tuple(found.values()), "" if found else advice)
