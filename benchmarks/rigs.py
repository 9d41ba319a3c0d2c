"""The simulated rigs: what a session finds on them, how fast they are, and what they show.

``python benchmarks/rigs.py [--quick] [RIG ...]`` runs `benchmarks/rig_cases/RIG.py`, all of them by
default, and prints one table. Take times with nothing else running. With ``--figures FOLDER`` it
draws ``FOLDER/RIG.png`` instead, the figures of `docs/rigs`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHARED = ("table", "search", "probe", "speed")  # not cases themselves


def rig_names() -> list[str]:
    found = (path.stem for path in (HERE / "rig_cases").glob("*.py"))
    return sorted(name for name in found if name not in SHARED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rigs", nargs="*", metavar="RIG", help=", ".join(rig_names()))
    parser.add_argument("--quick", action="store_true", help="at reduced size")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="draw, measure no times")
    wanted = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))  # for the modules of this folder
    unknown = sorted({*wanted.rigs} - {*rig_names()})
    if unknown:
        parser.error(f"no rig {unknown[0]!r}; there are: {', '.join(rig_names())}")
    for name in wanted.rigs or rig_names():
        module = importlib.import_module(f"benchmarks.rig_cases.{name}")
        if wanted.figures:
            if hasattr(module, "figure"):
                module.figure(wanted.figures / f"{name}.png")
            continue
        for row in module.rows(wanted.quick):
            print(f"{name:<14} {row.case:<60} {row.value:>16}  {row.to_reach}")
            if row.note:
                print(f"{'':<14} {row.note}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
