"""From the rig file to limits that span several settings; matrices come from .npy files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from drivers.given import MOST_NUMBERS_BYTES, ordinary_file, why
from hil.errors import SafetyError
from hil.rig.moves.joint import Floats, JointLimit, RowsLimit, SizeLimit
from hil.spec import LimitsTogether, MatrixLimit, RigSpec

# (names of settings, key) -> canonical names
Canonical = Callable[[Sequence[str], str], tuple[str, ...]]


def joint_limits(spec: RigSpec, folder: Path, canonical: Canonical) -> tuple[JointLimit, ...]:
    """Build all limits of a rig file that span several settings.

    Parameters
    ----------
    spec
        The rig file.
    folder
        Where it lies: names of files are relative to it.
    canonical
        Gives the canonical names of numeric settings, or raises SafetyError with a key.

    Raises
    ------
    SafetyError
        With the key of the rig file that is at fault.
    """
    together = [
        _together(rule, canonical(rule.settings, f"limits_together.{i}.settings"), i)
        for i, rule in enumerate(spec.limits_together)
    ]
    matrices = [
        matrix_limit(limit, folder, i, canonical(limit.settings, f"limits_matrix.{i}.settings"))
        for i, limit in enumerate(spec.limits_matrix)
    ]
    return (*together, *matrices)


def check_matrices(spec: RigSpec, folder: Path) -> None:
    """Read the matrices of a rig file, before anything is connected.

    Raises
    ------
    SafetyError
        With the key of the rig file that is at fault.
    """
    for i, limit in enumerate(spec.limits_matrix):
        matrix_limit(limit, folder, i, limit.settings)


def _together(rule: LimitsTogether, names: tuple[str, ...], index: int) -> JointLimit:
    key = f"limits_together.{index}"
    if rule.rule != "sum":
        return SizeLimit(names, key, rule.rule, float(rule.high))
    low = -np.inf if rule.low is None else float(rule.low)
    return RowsLimit(
        names,
        key,
        np.ones((1, len(names))),
        np.zeros(1),
        np.array([low]),
        np.array([float(rule.high)]),
    )


def matrix_limit(limit: MatrixLimit, folder: Path, index: int, names: tuple[str, ...]) -> RowsLimit:
    """Build one limit by a matrix.

    Parameters
    ----------
    limit
        Its table.
    folder
        Where the rig file lies.
    index
        Which of its tables it is.
    names
        The settings' canonical names.

    Raises
    ------
    SafetyError
        A file cannot be read, or the shapes do not go together.
    """
    key = f"limits_matrix.{index}"
    matrix = _array(limit.matrix, folder, f"{key}.matrix")
    if matrix.ndim != 2 or matrix.shape[1] != len(names) or not len(matrix):
        raise SafetyError(
            f"its shape is {matrix.shape}, allowed: (actuators, {len(names)}), a column for each"
            " of settings",
            f"{key}.matrix",
        )
    most = _per_row(limit.max, folder, f"{key}.max", len(matrix))
    flat = _per_row(limit.flat, folder, f"{key}.flat", len(matrix))
    if (most < 0).any():
        raise SafetyError(f"{most.min():g} cannot be met, allowed: 0 or more", f"{key}.max")
    return RowsLimit(names, key, matrix, flat, -most, most, "actuator")


def _per_row(given: object, folder: Path, key: str, n_rows: int) -> Floats:
    values = _array(given, folder, key)
    if values.ndim == 0:
        return np.full(n_rows, float(values))
    if values.shape != (n_rows,):
        raise SafetyError(f"its shape is {values.shape}, allowed: one number, or {n_rows}", key)
    return values


def _array(given: object, folder: Path, key: str) -> Floats:
    """Numbers as they stand in the rig file, or in a file beside it."""
    if isinstance(given, str):
        return _read(folder / given, given, key)
    try:
        values = np.array(given, dtype=np.float64)
    except (ValueError, OverflowError):
        raise SafetyError("its rows differ in length", key) from None
    return values


def _read(path: Path, shown: str, key: str) -> Floats:
    allowed = "allowed: an .npy file of real, finite numbers"
    try:
        values = np.load(ordinary_file(path, MOST_NUMBERS_BYTES), allow_pickle=False)
    except FileNotFoundError:
        raise SafetyError(f"no file {shown!r} beside the rig file", key) from None
    except Exception as error:  # whatever a broken file brings about
        raise SafetyError(f"{shown!r} cannot be read: {why(error)}; {allowed}", key) from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise SafetyError(f"{shown!r} is none, {allowed}", key)
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise SafetyError(f"{shown!r} holds what is not finite, {allowed}", key)
    return values
