"""Time spans in words."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """Write a time span as a person would; a dash for NaN, and where a clock was set back."""
    if not math.isfinite(seconds) or seconds < 0:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
