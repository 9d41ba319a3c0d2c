"""Which of a file's metadata can be a setting."""

from __future__ import annotations

import math
from typing import Any


def setting_value(value: Any) -> float | str | None:
    """Give a number or a short word that a setting may have; None for anything else."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        return value if isinstance(value, str) and len(value) <= 80 else None
    return number if math.isfinite(number) else None
