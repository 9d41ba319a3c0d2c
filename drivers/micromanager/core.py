"""Micro-Manager's core, made quiet, and its errors in the rig's words.

The only importer of pymmcore; imported when a connection is opened, since that takes half a second.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pymmcore
from pymmcore_plus import CMMCorePlus, find_micromanager

from drivers.errors import DeviceFault, DeviceLost

_PREFIX = re.compile(r'^Error in device "[^"]*": ')
_LOST_CODES = ("(35)", "(36)")
"""Codes of the device interface: not connected, and hub missing."""


class Core(CMMCorePlus):
    """A core that nobody listens to.

    Micro-Manager's callbacks come on a C++ thread. One that is pending when the interpreter leaves
    aborts the process (exit status 134), so the callback is taken off at once. Without listeners
    the two reads that pymmcore-plus adds to each write, to tell them of a change, are a loss of
    time, on a serial line a large one: writes go straight to the core.

    Parameters
    ----------
    folders
        Where device adapters are looked for, the first first.
    """

    def __init__(self, folders: list[Path]) -> None:
        super().__init__(mm_path=str(folders[0]), adapter_paths=[str(path) for path in folders])
        self.closed = False
        pymmcore.CMMCore.registerCallback(self, None)

    def setProperty(self, label: str, name: str, value: bool | float | int | str) -> None:  # noqa: N802
        """Send a property, without reading it before and after."""
        pymmcore.CMMCore.setProperty(self, label, name, value)

    @contextmanager
    def words(self, device: str, action: str) -> Iterator[None]:
        """Translate the core's errors.

        Parameters
        ----------
        device
            Label of the device that is asked.
        action
            What it is asked to do, ``"reading Gain"``.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        if self.closed:
            raise DeviceLost(device, "the connection is closed")
        try:
            yield
        except (RuntimeError, ValueError, IndexError, MemoryError) as error:
            message = _PREFIX.sub("", said(error)) or type(error).__name__
            if message.endswith(_LOST_CODES):
                raise DeviceLost(device, f"{action}: {message}") from error
            raise DeviceFault(device, action, message) from error

    def release(self) -> None:
        """Unload all devices; nothing may be asked afterwards. Safe to call twice."""
        if self.closed:
            return
        self.closed = True
        try:
            self.reset()
        except RuntimeError:
            # A device that is gone cannot be told so. What matters is that the others are let go.
            with suppress(RuntimeError):
                self.unloadAllDevices()


def said(error: Exception) -> str:
    """Give the core's message; that of an adapter which speaks in a code page comes as bytes."""
    if isinstance(error, UnicodeDecodeError):
        return error.object.decode("latin-1")
    return str(error)


def adapter_folders(chosen: Path | None, demo: bool) -> list[Path]:
    """Find the folders with device adapters.

    A Micro-Manager that a person installed wins over the demo adapters that came with this project:
    pymmcore-plus itself takes the latter before ``C:/Program Files`` and its like, and then the
    drivers of real devices would not be found.

    Parameters
    ----------
    chosen
        The folder that the rig file names, if it does.
    demo
        Only the demo devices are wanted.

    Raises
    ------
    DeviceFault
        There is none.
    """
    if chosen is not None:
        return [chosen]
    bundled = _demo_adapters()
    if demo and bundled:
        return [bundled]
    first = find_micromanager()
    folders = [Path(first)] if first else []
    if bundled and bundled in folders:
        others = [Path(path) for path in find_micromanager(return_first=False)]
        installed = [path for path in others if path != bundled and _compatible(path)]
        folders = [*installed[:1], bundled]
    if not folders:
        raise DeviceFault(
            "micromanager",
            "looking for device adapters",
            "no Micro-Manager of the right version; install one with `mmcore install`, name its"
            " folder with `adapters`, or install mm-test-adapters for the demo devices",
        )
    return folders


def _demo_adapters() -> Path | None:
    try:
        mm_test_adapters = importlib.import_module("mm_test_adapters")
    except ImportError:
        return None
    return Path(mm_test_adapters.device_adapter_path()).resolve()


def interface() -> int:
    """Give the number of the device interface, which adapters must share with this core."""
    said = re.search(r"\d+", pymmcore.CMMCore().getAPIVersionInfo())
    return int(said[0]) if said else 0


def other_installations() -> list[Path]:
    """List installations of Micro-Manager whose adapters this core cannot load."""
    bundled = _demo_adapters()
    found = [Path(path) for path in find_micromanager(return_first=False)]
    return [path for path in found if path != bundled and not _compatible(path)]


def _compatible(folder: Path) -> bool:
    """Whether the adapters of an installation fit this core; every installation has DemoCamera."""
    probe = pymmcore.CMMCore()
    probe.setDeviceAdapterSearchPaths([str(folder)])
    try:
        probe.getAvailableDevices("DemoCamera")
    except RuntimeError:
        return False
    return True


def library_versions(core: Core) -> dict[str, str]:
    """Versions of the libraries and adapters in use."""
    interface = core.getAPIVersionInfo()
    found = {
        "pymmcore-plus": version("pymmcore-plus"),
        "pymmcore": version("pymmcore"),
        "MMCore": f"{core.getVersionInfo()}, {interface}",
    }
    with suppress(PackageNotFoundError):
        found["mm-test-adapters"] = version("mm-test-adapters")
    adapters = {core.getDeviceLibrary(label) for label in core.getLoadedDevices()}
    for adapter in sorted(adapters - {""}):
        found[f"adapter {adapter}"] = interface
    return found
