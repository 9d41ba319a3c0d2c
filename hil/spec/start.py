"""``[start]`` of a session file: what is measured, and what is known, before a sampler is asked."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from hil.spec.base import Spec


class Start(Spec):
    """What a session begins with; ``start = "none"`` is short for ``[start]`` ``first = "none"``.

    Parameters
    ----------
    first
        ``"present"``: the first trial measures the settings as the session found them.
    from_
        Earlier sessions of this rig, by id: sampler ``auto`` uses their trials.
    presets
        Presets of the rig that are measured first: all of them, or those that are named.
    """

    # Written as it is read: a session's text is stored, and read again when it goes on.
    model_config = ConfigDict(serialize_by_alias=True, populate_by_name=True)

    first: Literal["present", "none"] = "present"
    from_: tuple[str, ...] = Field(default=(), alias="from", max_length=10)
    presets: bool | tuple[str, ...] = False


def as_table(value: Any) -> Any:
    """Take a word for the table that it is short for."""
    if isinstance(value, str):
        if value not in ("present", "none"):
            raise ValueError(f"{value!r}, allowed: 'present', 'none', or a table [start]")
        return {"first": value}
    return value
