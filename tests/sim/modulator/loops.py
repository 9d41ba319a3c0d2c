"""The example's two files made small: three modes on a panel of 128 pixels."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "examples" / "slm"
_SMALL = {
    "width_px = 256": "width_px = 128",
    "height_px = 256": "height_px = 128",
    "radius_px = 80": "radius_px = 40",
    '"z6_nm", "z7_nm", "z8_nm", "z9_nm", "z10_nm", "z11_nm"': '"z8_nm"',
}
_UNUSED = r'\[\[search\]\]\nsetting = "slm\.z(6|7|9|10|11)_nm"\nlow = -\d+\nhigh = \d+\n'


def changed(file: Path, changes: dict[str, str]) -> None:
    """Change words of a file; each must be there."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def small(folder: Path, session: str, changes: dict[str, str]) -> Path:
    """Copy the example, made small, and give the session's file with these changes."""
    copied = folder / "slm"
    shutil.copytree(EXAMPLE, copied)
    file = copied / session
    changed(file, {"columns = 4, rows = 2": "columns = 2, rows = 1", **changes})
    made_small(copied, session)
    return file


def made_small(copied: Path, session: str) -> None:
    """Make the panel and the modes of a copy few, and the session search those."""
    changed(copied / "rig.toml", _SMALL)
    file = copied / session
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(_UNUSED, "", text), encoding="utf-8")
