"""Clients of the protocols, imported when a rig asks for them; what to install where one is not."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from typing import Any

from drivers.errors import ConfigError

_EXTRAS = {"caproto": ("epics", 'kind = "epics"'), "p4p": ("epics-pva", "a name with pva://")}


def imported(module: str) -> Any:
    """Import a module of caproto or p4p.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise _missing(module) from None


def require(package: str) -> None:
    """See that a package is there, without importing it.

    Raises
    ------
    ConfigError
    """
    with contextlib.suppress(ImportError, ValueError):
        if importlib.util.find_spec(package) is not None:
            return
    raise _missing(package)


def _missing(module: str) -> ConfigError:
    package = module.partition(".")[0]
    extra, who = _EXTRAS[package]
    install = f'python -m pip install "hil-imaging[{extra}]"'
    return ConfigError("", f"{who} needs {package}: {install}")
