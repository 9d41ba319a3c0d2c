"""What a person asks of a running session from another process."""

from __future__ import annotations

import getpass
import math
import platform
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from drivers.types import Value

# A trial's number is a whole number of a database.
_LARGEST = 2**63


class Wish(StrEnum):
    """What may be asked; the value is the kind of the event that keeps it."""

    PAUSE = "pause_requested"
    CONTINUE = "continue_requested"
    STOP = "stop_requested"
    APPROVE = "approved"
    REFUSE = "refused"
    ENQUEUE = "enqueued"


@dataclass(frozen=True, slots=True)
class Request:
    """One wish, told apart from all others by its id: it may come by two ways and counts once.

    Parameters
    ----------
    id
        32 hexadecimal digits that sort by the time of the wish.
    wish
        What is asked.
    why
        In words.
    by
        Who asks, ``user@host``.
    trial
        Number of the trial that is approved or refused; None for other wishes.
    settings
        What is to be measured, where a trial is enqueued; canonical names.
    """

    id: str
    wish: Wish
    why: str
    by: str
    trial: int | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "wish": self.wish.value}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Request:
        """Read what `to_json` gave.

        Raises
        ------
        ValueError
            It is something else.
        """
        try:
            return cls(
                str(said["id"]),
                Wish(said["wish"]),
                str(said["why"]),
                str(said["by"]),
                _trial(said.get("trial")),
                _settings(said.get("settings", {})),
            )
        except (AttributeError, KeyError, TypeError, OverflowError) as error:
            raise ValueError("not a request") from error


def _trial(said: Any) -> int | None:
    number = None if said is None else int(said)
    if number is not None and not 0 <= number < _LARGEST:
        raise ValueError("no number of a trial")
    return number


def _settings(said: Any) -> dict[str, Value]:
    if not all(map(_is_value, said.values())):
        raise TypeError("settings are finite numbers and words")
    return {str(name): value for name, value in said.items()}


def _is_value(said: Any) -> bool:
    return isinstance(said, str) or (isinstance(said, int | float) and math.isfinite(said))


def ask(
    wish: Wish, why: str, trial: int | None = None, settings: Mapping[str, Value] | None = None
) -> Request:
    """Make a request of the person who runs this process."""
    key = f"{time.time_ns():016x}{secrets.token_hex(8)}"
    return Request(key, wish, why, _who(), trial, dict(settings or {}))


def _who() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a process without a user of that number
        user = "?"
    return f"{user}@{platform.node()}"
