"""JSON that somebody else may have written: whatever it is, there is one error for it."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """Read JSON.

    Raises
    ------
    ValueError
        It is none, is nested too deeply, or holds words that are no text and could be written
        nowhere.
    """
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return found
