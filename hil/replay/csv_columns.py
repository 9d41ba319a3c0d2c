"""A CSV file as columns of numbers or of words, as spreadsheets of all countries write it.

Cells are parted by commas, semicolons or tabs, whichever gives the head the most columns. Between
semicolons and tabs numbers may have a decimal comma. Nothing is guessed of a row that has other
cells than the head, nor of a number that may mean two things.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

from drivers.given import given_bytes, why
from drivers.types import Value
from hil.errors import InputError

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WHOLE = re.compile(r"[-+]?\d+")
_WITH_COMMAS = re.compile(r"[-+]?[\d.' ]*,[\d.,' ]*(?:[eE][-+]?\d+)?")
_ABSENT = {"", "-", "?", "na", "n/a", "nan", "none", "null", "nil", "inf", "+inf", "-inf"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_EXACT = 2**53
_MOST_BYTES = 2**28  # a million rows of twenty cells
_UNITS = "nm|um|mm|us|ms|uw|mw|uj|mj|deg|mrad|hz|khz|mhz|adu|px"
_OF_A_UNIT = re.compile(rf"[._](?:{_UNITS})$", re.IGNORECASE)
_MINUS = "\N{MINUS SIGN}"  # which word processors write


def csv_columns(path: Path) -> tuple[list[str], list[list[Value]]]:
    """Read a CSV file.

    Returns
    -------
    list
        The head's names.
    list
        Rows of as many cells, in each column all numbers or all words.

    Raises
    ------
    InputError
        Naming the row, the first after the head being 1.
    """
    text = _text(path)
    parted = {mark: _lines(path, text, mark) for mark in ",;\t"}
    mark = max(parted, key=lambda one: len(parted[one][0]) if parted[one] else 0)
    lines = parted[mark]
    if not lines:
        raise InputError(path, "", "cannot be read as a table: it is empty")
    names = _without_tail(lines[0])
    rows = [_without_tail(line, len(names)) for line in lines[1:]]
    while rows and len(names) > 1 and not any(rows[-1]):
        rows.pop()
    for i, row in enumerate(rows, start=1):
        if len(row) != len(names):
            problem = f"has {len(row)} cells, and the head {len(names)}"
            raise InputError(path, f"row {i}", problem)
    comma = mark != ","
    columns = [_typed(path, name, [row[k] for row in rows], comma) for k, name in enumerate(names)]
    return names, [list(row) for row in zip(*columns, strict=True)]


def _text(path: Path) -> str:
    try:
        content = given_bytes(path, _MOST_BYTES)
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except FileNotFoundError:
        raise InputError(path, "", "no such file") from None
    except (OSError, UnicodeError) as error:
        raise InputError(path, "", f"cannot be read as a table: {why(error)}") from None
    strange = re.search(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    if strange is not None:
        problem = f"cannot be read as a table: it holds the character {strange[0]!r}"
        raise InputError(path, "", problem)
    return text


def _lines(path: Path, text: str, mark: str) -> list[list[str]]:
    """Part lines into cells; empty ones do not count."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
    try:
        return [[cell.strip() for cell in line] for line in reader if line]
    except csv.Error as error:
        raise InputError(path, "", f"cannot be read as a table: {error}") from None


def _without_tail(line: list[str], least: int = 1) -> list[str]:
    """Leave out empty cells at the end, which spreadsheets put there."""
    n = len(line)
    while n > least and not line[n - 1]:
        n -= 1
    return line[:n]


def _typed(path: Path, name: str, cells: Sequence[str], comma: bool) -> list[Value]:
    """Give the cells of a column as numbers, where all of them are, else as words."""
    plain = [_plain(cell, comma) for cell in cells]
    numbers = [_NUMBER.fullmatch(cell) is not None for cell in plain]
    for i, (cell, is_number) in enumerate(zip(cells, numbers, strict=True), start=1):
        told = "a finite number or a word"
        if is_number and not math.isfinite(float(plain[i - 1])):
            raise InputError(path, name, f"row {i} holds {cell[:60]}, allowed: {told}")
        if cell == "" or (cell.lower() in _ABSENT and (any(numbers) or "inf" in cell.lower())):
            raise InputError(path, name, f"row {i} holds {cell!r}, allowed: {told}")
        if not is_number and _WITH_COMMAS.fullmatch(cell) is not None:
            problem = f"row {i} holds {cell!r}, allowed: a decimal point; a decimal comma only"
            raise InputError(path, name, f"{problem} where cells are parted by ; or tabs")
    if not all(numbers):
        first = numbers.index(False)
        if _OF_A_UNIT.search(name):
            told = "milliseconds" if name.endswith("_ms") else "a number, as the name says"
            raise InputError(path, name, f"row {first + 1} holds {cells[first]!r}, allowed: {told}")
        return [*cells]
    if all(map(_WHOLE.fullmatch, plain)) and all(abs(int(one)) <= _EXACT for one in plain):
        return [int(one) for one in plain]
    return [float(one) for one in plain]


def _plain(cell: str, comma: bool) -> str:
    """Write a decimal comma as a point, where it can be nothing else, and any minus as one."""
    cell = cell.replace(_MINUS, "-")
    if comma and cell.count(",") == 1 and "." not in cell:
        return cell.replace(",", ".")
    return cell
