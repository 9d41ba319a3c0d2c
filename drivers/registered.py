"""Kinds of hardware behind one driver, by name: our own, and other packages' by entry points."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from drivers.errors import ConfigError

KindT = TypeVar("KindT")


def find_registered(
    name: str, wanted: type[KindT], built_in: Mapping[str, str], entry_points: str, part: str
) -> KindT:
    """Look a kind up by its registered name.

    Parameters
    ----------
    name
        As the rig file says it.
    wanted
        What it must be.
    built_in
        Name to ``module:attribute`` of our own; they go before others'.
    entry_points
        The group under which other packages register theirs.
    part
        The table of the ``[[driver]]`` that names it, for messages: ``"array"``.

    Raises
    ------
    ConfigError
        No such kind, or it is none.
    """
    key = f"{part}.kind"
    found: Any = None
    if name in built_in:
        module, _, attribute = built_in[name].partition(":")
        found = getattr(importlib.import_module(module), attribute)
    else:
        points = {p.name: p for p in importlib.metadata.entry_points(group=entry_points)}
        if name not in points:
            known = sorted({*built_in, *points})
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(key, f"no {part} {name!r}, {hint}")
        try:
            found = points[name].load()
        except Exception as error:  # whatever another package brings about
            raise ConfigError(key, f"{name!r} cannot be imported: {error}") from error
    if not isinstance(found, wanted):
        raise ConfigError(key, f"{name!r} is no {wanted.__name__}")
    return found


def named_kind(table: Mapping[str, Any], part: str, example: str) -> tuple[str, dict[str, Any]]:
    """Split a part's table into the name of its kind and its options.

    Raises
    ------
    ConfigError
        It names none.
    """
    options = dict(table)
    name = options.pop("kind", None)
    if not isinstance(name, str):
        raise ConfigError(part, f'allowed: {{ kind = "{example}", ... }}')
    return name, options


def checked_options(model: type[BaseModel], options: Mapping[str, Any], part: str) -> BaseModel:
    """Check a part's options.

    Raises
    ------
    ConfigError
        With the key at fault, below ``part``.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([part, *(str(place) for place in first["loc"])])
        raise ConfigError(key, str(first["msg"])) from None
