"""The guards there are: adding one is adding a file to `hil.rig.guards.kinds`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from hil.rig.guards.guard import FrameGuard

_KINDS = "hil.rig.guards.kinds"


@cache
def frame_guards() -> tuple[FrameGuard, ...]:
    """All guards, in the order in which they are asked."""
    package = importlib.import_module(_KINDS)
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    found: list[FrameGuard] = [importlib.import_module(f"{_KINDS}.{n}").GUARD for n in names]
    return tuple(sorted(found, key=lambda guard: guard.order))


def guard_names() -> tuple[str, ...]:
    """Their names, as they are stored."""
    return tuple(guard.name for guard in frame_guards())
