"""What a device says of a setting, written down: so that it is known when the device is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from drivers.protocol import Alias, Setting


def described(setting: Setting) -> dict[str, Any]:
    """Write a setting as JSON; what is as by default is left out."""
    plain = {field.name: field.default for field in fields(Setting)}
    table = {
        name: value
        for name, value in asdict(setting).items()
        if value != plain[name] and value not in ({}, ())
    }
    for key in ("choices", "aliases"):
        if key in table:
            table[key] = list(table[key])
    # JSON has no numbers as keys.
    if "expands" in table:
        table["expands"] = [[key, dict(values)] for key, values in setting.expands.items()]
    if "aliases" in table:
        table["aliases"] = [
            [alias.name, None if alias.values is None else list(map(list, alias.values.items()))]
            for alias in setting.aliases
        ]
    return table


def setting_from(table: Mapping[str, Any]) -> Setting:
    """Read what `described` wrote."""
    values = dict(table)
    values["choices"] = tuple(values.get("choices", ()))
    values["expands"] = dict(values.get("expands", ()))
    values["aliases"] = tuple(
        Alias(name, None if pairs is None else dict(pairs))
        for name, pairs in values.get("aliases", ())
    )
    return Setting(**values)
