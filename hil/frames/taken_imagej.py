"""What ImageJ's hyperstacks say of their frames: distances of slices, labels, and ``Info``.

Slices lie ``spacing`` apart, where ``unit`` is one of length. A label of a slice and the lines of
``Info`` may say ``key = value`` (or ``key: value``, ``key=value``): the latter hold for the whole
file. Keys without a label become one of ``file``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

TO_UM = {
    **dict.fromkeys(("um", "\u00b5m", "\u03bcm", "\\u00B5m", "micron", "microns"), 1.0),
    **{"micrometer": 1.0, "nm": 1e-3, "nanometer": 1e-3, "mm": 1e3, "millimeter": 1e3},
}
_SAID = re.compile(r"(?:^|[;,|\n])\s*([A-Za-z][\w. -]{0,60}?)\s*[=:]\s*([^;,|\n]{1,80})")
_UNIT = re.compile(r"^([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s+([A-Za-z%\u00b5\u03bc]{1,6})$")
_EXPOSURES = ("exposure", "exposuretime", "exposure_time", "exposure_ms")
_TO_MS = {"s": 1e3, "ms": 1.0, "us": 1e-3, "\u00b5s": 1e-3, "\u03bcs": 1e-3}
_BY_ITSELF = ("time", "date", "stamp", "uuid", "index", "number", "file", "name", "title")

Said = dict[str, float | str]


def of_imagej(told: Mapping[str, Any] | None, axes: str, at: Sequence[int], page: int) -> Said:
    """Give the settings of a frame.

    Parameters
    ----------
    told
        tifffile's ``imagej_metadata``; None for none.
    axes, at
        The frame's place among slices, channels and times.
    page
        Its number in the file, as labels are counted.
    """
    if not told:
        return {}
    found = of_words(str(told.get("Info") or ""))
    labels = told.get("Labels")
    if isinstance(labels, str):
        labels = [labels]
    if isinstance(labels, (list, tuple)) and page < len(labels):
        found |= of_words(str(labels[page]))
    unit, spacing = str(told.get("zunit") or told.get("unit") or ""), told.get("spacing")
    if "Z" in axes and isinstance(spacing, (int, float)) and math.isfinite(spacing):
        if unit.lower() in TO_UM or unit in TO_UM:
            per_um = TO_UM.get(unit, TO_UM.get(unit.lower(), 1.0))
            found.setdefault("focus.position_um", at[axes.index("Z")] * float(spacing) * per_um)
    return found


def of_words(words: str) -> Said:
    """Read ``key = value`` from a text."""
    found: Said = {}
    for key, value in _SAID.findall(words):
        name, said = key.strip().replace(" ", "_"), value.strip()
        number, unit = _number(said)
        bare = name.rpartition(".")[2].lower()
        if bare in _EXPOSURES:
            scale = _TO_MS.get(unit or ("ms" if bare.endswith("_ms") else ""))
            if number is not None and scale is not None:
                label = name.rpartition(".")[0] or "camera"
                found[f"{label}.exposure_ms"] = number * scale
            continue
        if any(word in bare for word in _BY_ITSELF):
            continue
        whole = name if "." in name.strip(".") else f"file.{name.strip('.')}"
        if number is None:
            found[whole] = said
        else:
            found[f"{whole}_{unit}" if unit else whole] = number
    return found


def _number(said: str) -> tuple[float | None, str]:
    parts = _UNIT.match(said)
    words, unit = parts.groups() if parts else (said, "")
    try:
        number = float(words)
    except ValueError:
        return None, ""
    return (number, unit) if math.isfinite(number) else (None, "")
