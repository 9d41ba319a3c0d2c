"""Domains by name, one small file each: a family of settings, scenes, tasks and metrics."""

from __future__ import annotations

import importlib
import pkgutil

from hil.errors import InputError, nearest
from hil.study.domain import Domain


def domain_names() -> tuple[str, ...]:
    """Name all domains."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def find_domain(name: str) -> Domain:
    """Make a domain.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in domain_names():
        raise InputError("hil study", "DOMAIN", f"{name!r}, {nearest(name, domain_names())}")
    found: Domain = importlib.import_module(f"hil.study.domains.{name}").DOMAIN()
    return found
