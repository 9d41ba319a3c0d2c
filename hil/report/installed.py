"""Which extras, makers' libraries and plug-ins are there, and how to get the rest."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Iterator

from drivers.errors import DriverError

EXTRAS = {
    "ct": ("a real slice for sim.tomography", ("pydicom",)),
    "dashboard": ("sessions in optuna-dashboard, hil dashboard", ("optuna-dashboard",)),
    "docs": ("the documentation as a site", ("mkdocs-material", "mkdocstrings")),
    "epics": ('process variables, kind = "epics"', ("caproto",)),
    "epics-pva": ('PV Access, pva:// in kind = "epics"', ("p4p",)),
    "napari": ("trials in napari, hil://SESSION/TRIAL", ("napari", "dask")),
    "postgres": ("sessions of several computers in one database", ("psycopg",)),
    "slm": ('modulators, kind = "slm"', ("slmsuite",)),
    "testing": ("contracts for drivers and estimators of your own", ("pytest",)),
    "visa": ('instruments by table, kind = "visa"', ("pyvisa", "pyvisa-py", "pyserial")),
}
"""Of this package: what each is for, and the distributions that it brings."""

CORE = (
    "numpy",
    "scipy",
    "torch",
    "optuna",
    "zarr",
    "pymmcore-plus",
    "pymmcore",
    "mm-test-adapters",
)

MODULES = {
    "bmc": ('kind = "modal", array "bmc"', ("bmc",), "Boston Micromachines' DM SDK"),
    "alpao": ('kind = "modal", array "alpao"', ("asdk", "Lib64.asdk"), "ALPAO's SDK"),
}
"""Makers' Python modules: what each is for, its names, and what brings it."""

LIBRARIES = {
    "thorlabs": ('kind = "modal", array "thorlabs"', ("TLDFM_64",), "Thorlabs' DMP40 software"),
    "VISA": ('kind = "visa" with library = ""', ("visa64", "visa", "VISA"), "NI-VISA or another"),
}
"""Makers' libraries, likewise."""

GROUPS = ("hil.drivers", "hil.actuators", "hil.modulators", "hil.estimators", "hil.metrics")


def findings() -> Iterator[tuple[str, str]]:
    """Give what is asked for, and what was found, line by line."""
    yield "hil", _version("hil-imaging") or "not installed, run from its source"
    yield "Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    yield "core", _versions(CORE)
    for extra, (purpose, names) in EXTRAS.items():
        missing = [name for name in names if not _version(name)]
        if missing:
            hint = f'python -m pip install "hil-imaging[{extra}]"'
            yield extra, f"missing {', '.join(missing)}: {hint} ({purpose})"
        else:
            yield extra, f"{_versions(names)} ({purpose})"
    for name, (purpose, modules, source) in MODULES.items():
        found = next((module for module in modules if _is_module(module)), "")
        yield name, _told(f"module {found}" if found else "", source, purpose)
    for name, (purpose, libraries, source) in LIBRARIES.items():
        found = next((path for one in libraries if (path := ctypes.util.find_library(one))), "")
        yield name, _told(found, source, purpose)
    yield "Micro-Manager", _told(_micromanager(), "micro-manager.org", 'kind = "micromanager"')
    for group in GROUPS:
        points = importlib.metadata.entry_points(group=group)
        yield group, ", ".join(sorted(f"{p.name} ({p.value})" for p in points)) or "no plug-ins"


def _told(found: str, source: str, purpose: str) -> str:
    return f"{found} ({purpose})" if found else f"not found: comes with {source} ({purpose})"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _versions(names: tuple[str, ...]) -> str:
    found = {name: _version(name) for name in names}
    return ", ".join(f"{name} {version or 'missing'}" for name, version in found.items())


def _is_module(name: str) -> bool:
    """Whether a module could be imported; a double in ``sys.modules`` has no spec."""
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _micromanager() -> str:
    try:
        from drivers.micromanager.core import adapter_folders

        found = adapter_folders(None, demo=False)
    except (ImportError, DriverError):
        return ""
    return ", ".join(str(path) for path in found)
