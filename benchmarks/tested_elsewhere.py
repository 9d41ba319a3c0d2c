"""Write ``tests/tested_elsewhere.toml`` anew: modules without a test of their own name.

    python benchmarks/tested_elsewhere.py

A test covers a module if it imports it, or imports one that does; the nearest test is named, and
after it how far the module lies from it. What stands in the list and still holds is kept.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests" / "tested_elsewhere.toml"
HEAD = """# Modules without a test file of their own name, and the test that covers each.
# `python benchmarks/tested_elsewhere.py` writes it anew; tests/test_house.py reads it.
[modules]
"""


def imports(path: Path, known: dict[str, str]) -> set[str]:
    """Files of the project that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found |= {known[name] for name in names if name in known}
    return found


def main() -> None:
    """Find the nearest test of each module, and write the list."""
    files = [p for name in ("hil", "sim", "drivers") for p in sorted((ROOT / name).rglob("*.py"))]
    names = [path.relative_to(ROOT).as_posix() for path in files]
    known = {n.removesuffix(".py").removesuffix("/__init__").replace("/", "."): n for n in names}
    uses = {name: imports(ROOT / name, known) for name in names}
    old = tomllib.loads(LIST.read_text(encoding="utf-8"))["modules"] if LIST.exists() else {}
    nearest: dict[str, tuple[int, int, str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        test = path.relative_to(ROOT).as_posix()
        reached, front, steps = set[str](), imports(path, known), 0
        while front:
            for name in front:
                shared = sum(
                    a == b for a, b in zip(test.split("/")[1:], name.split("/"), strict=False)
                )
                nearest[name] = min(nearest.get(name, (99, 0, "")), (steps, -shared, test))
            reached |= front
            front = {used for name in front for used in uses[name]} - reached
            steps += 1
    lines = []
    for name in names:
        path = Path(name)
        own = ROOT / "tests" / path.with_name(f"test_{path.name}")
        if path.name in ("__init__.py", "__main__.py") or own.is_file():
            continue
        if name not in nearest and name not in old:
            raise SystemExit(f"{name}: no test imports it; write one, or the reason by hand")
        steps, _, test = nearest.get(name, (0, 0, ""))
        how = "calls it" if steps == 0 else f"reaches it through {steps} module(s)"
        lines.append(f'"{name}" = "{old.get(name, f"{test} {how}")}"')
    LIST.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(names)} files, {len(lines)} without a test of their own name")


if __name__ == "__main__":
    main()
