"""Accuracy and speed of the information estimators on problems with known answers.

``python benchmarks/estimators.py [SEEDS] [CASE ...]``, in any order, runs
`benchmarks/estimator_cases/CASE.py`, all of them by default, and prints one table. Errors are bits
per pixel, means over seeds with their spread; times are medians of five runs, to be taken with
nothing else running.

``python benchmarks/estimators.py chains 100`` counts the pairs of random chains of settings that
come out in the wrong order, ``coverage 200`` the intervals that hold the truth.

``python benchmarks/estimators.py table [SEEDS]`` prints the table of docs/which_estimator.md: what
was seen to fail once, the right value, and what the families say of it now.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
DEFAULT_SEEDS = 12
DEFAULT_TABLE_SEEDS = 3


def case_names() -> list[str]:
    found = (path.stem for path in (HERE / "estimator_cases").glob("*.py"))
    return sorted(name for name in found if name not in ("table", "problems", "__init__"))


def show(cells: tuple[str, ...]) -> None:
    widths = (62, 9, 8, 9, 26, 22)
    print("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False)))


def main() -> None:
    sys.path.insert(0, str(HERE.parent))  # for the modules of this folder
    words = sys.argv[1:]
    if words[:1] == ["table"]:
        from benchmarks.estimator_cases.seen_to_fail import print_table

        print_table(int(words[1]) if len(words) > 1 else DEFAULT_TABLE_SEEDS)
        return
    given = [int(word) for word in words if word.isdigit()]
    words = [word for word in words if not word.isdigit()]
    unknown = [name for name in words if name not in case_names()]
    if unknown:
        sys.exit(f"no case {unknown[0]!r}; there are: {', '.join(case_names())}")
    show(("case", "error", "spread", "s", "reference", "to reach", "note"))
    for name in words or case_names():
        module = importlib.import_module(f"benchmarks.estimator_cases.{name}")
        usual = getattr(module, "DEFAULT_SEEDS", DEFAULT_SEEDS)
        for row in module.rows(given[0] if given else usual):
            show(
                (
                    row.case,
                    f"{row.error:+.4f}",
                    f"{row.spread:.4f}",
                    f"{row.seconds:.3f}",
                    row.reference,
                    row.to_reach,
                )
            )
            if row.note:
                print(f"    {row.note}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
