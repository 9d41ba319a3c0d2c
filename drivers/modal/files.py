"""Matrices and vectors beside a rig file: ``.npy``, or CSV as spreadsheets and scripts write it.

A CSV file may begin with comments (``#``), of which ``# unit: v/nm`` is read, and with one line of
column names. Separators are commas, semicolons, tabs or blanks; between semicolons or tabs, a
comma is a decimal one, as spreadsheets write it in much of the world.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.errors import ConfigError
from drivers.given import MOST_NUMBERS_BYTES, given_text, ordinary_file, why
from drivers.types import Floats

# As a number is written; Python alone would take 1_000, and digits of other scripts.
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_UNIT = re.compile(r"#\s*units?\s*[:=]\s*(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """What a file holds.

    Parameters
    ----------
    values
        Of one or two axes; finite.
    columns
        Names of the columns; empty where the file has none.
    unit
        As the file states it; empty where it does not.
    """

    values: Floats
    columns: tuple[str, ...] = ()
    unit: str = ""


def read_numbers(folder: Path, name: str, key: str) -> Numbers:
    """Read a file of numbers.

    Parameters
    ----------
    folder, name
        The folder of the rig file, and the name relative to it.
    key
        The option that names it, for messages.

    Raises
    ------
    ConfigError
        In one line: the file is missing, is neither form, or holds what is no finite number.
    """
    path = folder / Path(name).expanduser()
    if path.suffix.lower() not in (".npy", ".csv", ".txt"):
        raise ConfigError(key, f"{name!r}, allowed: an .npy or .csv file")
    if not path.is_file():
        raise ConfigError(key, f"no file {name!r} beside the rig file")
    found = _npy(path, name, key) if path.suffix.lower() == ".npy" else _csv(path, name, key)
    if not found.values.size:
        raise ConfigError(key, f"{name!r} holds no numbers")
    if not np.isfinite(found.values).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(found.values))[0])
        raise ConfigError(key, f"{name!r} holds {found.values[place]} at {place}, no finite number")
    return found


def _npy(path: Path, name: str, key: str) -> Numbers:
    try:
        # an archive of numpy's would stay open otherwise
        with ordinary_file(path, MOST_NUMBERS_BYTES).open("rb") as file:
            values = np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # whatever a broken file brings about
        raise ConfigError(key, f"{name!r} cannot be read: {why(error)}") from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise ConfigError(key, f"{name!r}, allowed: an .npy file of real numbers")
    return Numbers(values.astype(np.float64))


def _csv(path: Path, name: str, key: str) -> Numbers:
    try:
        text = given_text(path, MOST_NUMBERS_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(key, f"{name!r} cannot be read: {why(error)}") from None
    unit = ""
    columns: tuple[str, ...] = ()
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if stated := _UNIT.match(line.strip()):
            unit = stated.group(1)
        cells, decimals = _cells(line.partition("#")[0])
        if not cells:
            continue
        row = [_number(cell, decimals) for cell in cells]
        if not rows and not columns and all(value is None for value in row) and all(cells):
            columns = tuple(cells)
            continue
        if None in row:
            wrong = cells[row.index(None)]
            mixed = "," in wrong or " " in wrong
            hint = "; decimal commas need ; or tabs between numbers" if mixed else ""
            raise ConfigError(key, f"{name!r}, line {number}: {wrong!r} is no number{hint}")
        width = len(rows[0]) if rows else len(columns) or len(row)
        if len(row) != width:
            problem = f"{name!r}, line {number}: {len(row)} numbers, {width} in the lines before"
            raise ConfigError(key, problem)
        rows.append([value for value in row if value is not None])
    return Numbers(np.array(rows, dtype=np.float64), columns, unit)


def _cells(line: str) -> tuple[list[str], bool]:
    """Take a line apart; say whether a comma in a cell is a decimal one."""
    line = line.strip()
    if not line:
        return [], False
    separator = next((one for one in (";", "\t", ",") if one in line), None)
    cells = [cell.strip().strip('"') for cell in line.split(separator)]
    commas = separator in (";", "\t") and not any("." in cell for cell in cells)
    return cells, commas


def _number(cell: str, decimals: bool) -> float | None:
    if decimals and cell.count(",") == 1:
        cell = cell.replace(",", ".")
    if _NUMBER.fullmatch(cell) is None and _NOT_FINITE.fullmatch(cell) is None:
        return None
    return float(cell)
