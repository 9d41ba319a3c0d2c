"""Hardware-in-the-loop control of imaging instruments, driven by information.

The public surface; all else may change. Importing it is quick: numpy, torch, optuna and sqlalchemy
load with the first thing that needs them.

ORIENTATION: each folder is a room for one concept, and its docstring says who comes in. Files:
``spec``; rig: ``rig``, ``supervision``, ``calibration``; number: ``noise``, ``information``; loop:
``proposer``, ``session``, ``store``; people: ``cli``, ``web``, ``report``. Imports run downwards on
the levels of ``pyproject.toml``. `sim` and `drivers` stand below and import nothing from here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hil import noise
    from hil.errors import HilError, InputError, RigHeld
    from hil.information import estimate_information
    from hil.notebook.open_session import OpenSession, open_session
    from hil.records.estimate import Estimate
    from hil.report import plot
    from hil.rig.rig import Rig, load_rig
    from hil.session.by_hand.turns import NothingLeft
    from hil.session.result import SessionResult
    from hil.session.run import resume_session, run_session
    from hil.spec import SessionSpec
    from hil.store import Database, open_database

_HOMES = {
    "Database": "hil.store",
    "Estimate": "hil.records.estimate",
    "HilError": "hil.errors",
    "InputError": "hil.errors",
    "NothingLeft": "hil.session.by_hand.turns",
    "OpenSession": "hil.notebook.open_session",
    "Rig": "hil.rig.rig",
    "RigHeld": "hil.errors",
    "SessionResult": "hil.session.result",
    "SessionSpec": "hil.spec",
    "estimate_information": "hil.information",
    "load_rig": "hil.rig.rig",
    "open_database": "hil.store",
    "open_session": "hil.notebook.open_session",
    "resume_session": "hil.session.run",
    "run_session": "hil.session.run",
}

__all__ = [
    "Database",
    "Estimate",
    "HilError",
    "InputError",
    "NothingLeft",
    "OpenSession",
    "Rig",
    "RigHeld",
    "SessionResult",
    "SessionSpec",
    "estimate_information",
    "load_rig",
    "noise",
    "open_database",
    "open_session",
    "plot",
    "resume_session",
    "run_session",
]


def __getattr__(name: str) -> Any:
    if name == "noise":
        return importlib.import_module("hil.noise")
    if name == "plot":
        return importlib.import_module("hil.report.plot")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hil' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
