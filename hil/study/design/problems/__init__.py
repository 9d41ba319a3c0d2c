"""Domains whose expected frames have gradients, one small file each."""

from __future__ import annotations

import importlib
import pkgutil

from hil.errors import InputError
from hil.study.design.problem import Problem


def designable() -> tuple[str, ...]:
    """Name the domains that can be designed for."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def find_problem(domain: str) -> Problem:
    """Make the problem of a domain.

    Raises
    ------
    InputError
        It has none.
    """
    if domain not in designable():
        allowed = ", ".join(designable())
        raise InputError(
            "hil study", "--design", f"{domain} has no designs yet; allowed: {allowed}"
        )
    found: Problem = importlib.import_module(f"hil.study.design.problems.{domain}").PROBLEM()
    return found
