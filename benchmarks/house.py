"""The house in figures: rooms, tests that are found, names.

python benchmarks/house.py
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print what is measured today beside what it was before the house."""
    files = [p for name in ("hil", "sim", "drivers") for p in sorted((ROOT / name).rglob("*.py"))]
    rooms = Counter(path.parent for path in files)
    tested = [path for path in files if path.name not in ("__init__.py", "__main__.py")]
    own = [p for p in tested if (ROOT / "tests" / own_test(p)).is_file()]
    text = (ROOT / "tests" / "tested_elsewhere.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["modules"]
    names = Counter(
        node.name
        for path in files
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    room, most = rooms.most_common(1)[0]
    rows = (
        ("loose modules in hil/", "35", str(rooms[ROOT / "hil"])),
        ("files in the largest flat folder", "82", f"{most} ({room.relative_to(ROOT)})"),
        (
            "modules with a test of their own name",
            "93 of 292",
            f"{len(own)} of {len(tested)}, {len(listed)} listed with the reason",
        ),
        ("names of several public classes", "19", str(sum(n > 1 for n in names.values()))),
    )
    for what, before, now in rows:
        print(f"{what:40} {before:>12}   {now}")


def own_test(path: Path) -> Path:
    """Where the test of a module lies in ``tests/``, if it has one of its own name."""
    return path.relative_to(ROOT).with_name(f"test_{path.name}")


if __name__ == "__main__":
    main()
