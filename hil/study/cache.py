"""Cells that were measured, by what decides them: the same question is asked once.

The key of a cell is a digest of the setting, the draw, the sizes, the code that measures it and the
versions of the libraries behind it, so that what is found is what would be measured now.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from hil.errors import InputError

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch")
_OWN = ("hil.information", "hil.noise")
_FILES = ("cell.py", "domain.py", "family.py", "texture.py")


def digest_of_code(packages: Iterable[str], domain: str) -> str:
    """Digest the code that decides what is measured, and the versions of what it stands on.

    Parameters
    ----------
    packages
        Beside those that every study measures with.
    domain
        Whose file counts.
    """
    own = Path(str(files("hil.study")))
    paths = [own / name for name in (*_FILES, f"domains/{domain}.py")]
    for package in (*_OWN, *packages):
        paths += sorted(Path(str(files(package))).rglob("*.py"))
    total = hashlib.sha256()
    for path in paths:
        total.update(_meaning(path.read_text(encoding="utf-8")).encode())
    for name in _LIBRARIES:
        total.update(importlib.metadata.version(name).encode())
    return total.hexdigest()


@lru_cache(1000)
def _meaning(code: str) -> str:
    """Give code without comments, docstrings and layout, none of which changes what it does."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first.value.value = ""
    return ast.dump(tree)


class CellCache:
    """A folder of measured cells.

    Parameters
    ----------
    folder
        Made when the first one is kept.
    code
        Of `digest_of_code`.
    """

    def __init__(self, folder: Path, code: str) -> None:
        self._folder = folder
        self._code = code

    def get(
        self, question: Mapping[str, Any], answer: Callable[[], Mapping[str, Any]]
    ) -> tuple[Mapping[str, Any], bool]:
        """Look up, or measure and keep; whether it was known.

        Raises
        ------
        InputError
            The folder cannot be written.
        """
        text = json.dumps([self._code, question], sort_keys=True, default=str)
        path = self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
        known = _read(path)
        if known is not None:
            return known, True
        found = answer()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps(found), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(self._folder, "", f"cannot be written: {reason}") from None
        return found, False


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # not there, or half of it: measured again
        return None
    return found if isinstance(found, dict) else None
