"""The ``[[driver]]`` table of kind ``"modal"``: its files are read before anything is connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from drivers.errors import ConfigError
from drivers.modal.array import ArrayKind, array_kind
from drivers.modal.basis import Basis
from drivers.modal.bounds import ActuatorBounds, neighbours
from drivers.modal.device import Mechanics, ModalDevice
from drivers.modal.files import read_numbers
from drivers.registered import checked_options, named_kind
from drivers.single import SingleConnection
from drivers.types import Floats

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
PerActuator = Number | tuple[Number, ...] | str

_MODE = re.compile(r"[A-Za-z]\w*_[A-Za-z]+")
# A mode in nm that goes less far than the first or farther than the second has a matrix in other
# units: no array moves so little, or so much.
_LEAST_NM, _MOST_NM = 0.1, 1e6


class ModalTable(BaseModel, frozen=True, extra="forbid"):
    """What the ``[[driver]]`` table says of modes and actuators.

    Parameters
    ----------
    label
        Of the device; settings are ``LABEL.MODE``.
    matrix
        A file with a row for each actuator and a column for each mode: actuator per unit of the
        mode.
    modes
        Names of the columns with their unit, ``"z4_nm"`` say; without it, those in the CSV file.
    flat
        Where the actuators are when all modes are 0: a number, one for each, or a file.
    unit
        Of an actuator, ``"v"`` say; without it, that of the array.
    low, high
        What an actuator may be, inclusive: a number, one for each, or a file.
    sum_low, sum_high, sum_abs_max
        Bounds on the sum of all actuators, and on the sum of their magnitudes.
    neighbour_max
        Largest difference between neighbours; needs `layout`.
    layout
        A file with the number of the actuator at each place of the array, from 0, -1 for none.
    backlash
        How far below its target every actuator goes first, against hysteresis.
    rest_ms
        How long the array takes to come to rest after a vector.
    step
        Smallest difference that the array's converter makes, in the actuators' unit.
    """

    label: str = Field(default="mirror", min_length=1)
    matrix: str
    modes: tuple[str, ...] = ()
    flat: PerActuator = 0.0
    unit: str = ""
    low: PerActuator | None = None
    high: PerActuator | None = None
    sum_low: Number | None = None
    sum_high: Number | None = None
    sum_abs_max: Annotated[Number, Field(gt=0)] | None = None
    neighbour_max: Annotated[Number, Field(gt=0)] | None = None
    layout: str | None = None
    backlash: Annotated[Number, Field(ge=0)] = 0.0
    rest_ms: Annotated[Number, Field(ge=0, le=60_000)] = 0.0
    step: Annotated[Number, Field(ge=0)] = 0.0


class ModalOptions(ModalTable, frozen=True):
    """A ``[[driver]]`` table: modes and actuators, and the array that moves them."""

    array: dict[str, Any]


@dataclass(frozen=True, eq=False)
class CheckedModes:
    """A table whose files have been read."""

    label: str
    basis: Basis
    bounds: ActuatorBounds
    mechanics: Mechanics


@dataclass(frozen=True, eq=False)
class CheckedModal:
    """A `ModalOptions` whose files have been read, with its array."""

    modes: CheckedModes
    array: ArrayKind
    array_options: Any


def check_modes(table: ModalTable, folder: Path, array: ArrayKind) -> CheckedModes:
    """Read a table's files, and see that shapes, units and bounds go together.

    Raises
    ------
    ConfigError
    """
    unit = _unit(table, array)
    basis = _basis(table, folder, unit)
    bounds = _bounds(table, folder, array, len(basis.flat), unit)
    if said := bounds.problem(basis.flat):
        raise ConfigError("flat", f"{said}; is it in the unit of the actuators?")
    lows, highs = basis.ranges(bounds)
    for mode, low, high in zip(basis.modes, lows, highs, strict=True):
        if high - low <= 0:
            problem = f"mode {mode} cannot move: the flat is at the bounds of its actuators"
            raise ConfigError("flat", problem)
        if mode.endswith("_nm") and not _LEAST_NM <= high - low <= _MOST_NM:
            per = f"{unit or 'actuator'} per nm"
            problem = f"mode {mode} would go from {low:g} to {high:g} nm; is the matrix in {per}?"
            raise ConfigError("matrix", problem)
    step = table.step or 0.0
    mechanics = Mechanics(table.backlash, table.rest_ms / 1000, step)
    return CheckedModes(table.label, basis, bounds, mechanics)


def _unit(table: ModalTable, array: ArrayKind) -> str:
    if table.unit and array.unit and table.unit != array.unit:
        raise ConfigError("unit", f"{table.unit!r}, the array takes {array.unit!r}")
    return table.unit or array.unit


def _basis(table: ModalTable, folder: Path, unit: str) -> Basis:
    found = read_numbers(folder, table.matrix, "matrix")
    matrix = found.values
    if matrix.ndim != 2:
        problem = f"{table.matrix!r} has the shape {matrix.shape}, allowed: (actuators, modes)"
        raise ConfigError("matrix", problem)
    modes = table.modes or found.columns
    if not modes:
        problem = "needed where the matrix has no line of names: one for each column"
        raise ConfigError("modes", problem)
    for mode in modes:
        if not _MODE.fullmatch(mode):
            raise ConfigError("modes", f"{mode!r}, allowed: a name with its unit, 'z4_nm' say")
    if len(set(modes)) < len(modes):
        raise ConfigError("modes", "a mode is named twice")
    if found.columns and table.modes and found.columns != table.modes:
        problem = f"{table.matrix!r} names its columns {', '.join(found.columns)}"
        raise ConfigError("modes", problem)
    if matrix.shape[1] != len(modes):
        problem = (
            f"{table.matrix!r} has the shape {matrix.shape}, allowed: (actuators, {len(modes)}),"
            f" a column for each of modes"
        )
        if matrix.shape[0] == len(modes):
            problem += "; is it transposed?"
        raise ConfigError("matrix", problem)
    if matrix.shape[0] < len(modes):
        problem = f"{matrix.shape[0]} actuators cannot make {len(modes)} independent modes"
        raise ConfigError("matrix", problem)
    _agreed_unit(found.unit, unit, modes, table.matrix)
    flat = _per_actuator(table.flat, folder, "flat", len(matrix), unit)
    basis = Basis(tuple(modes), matrix, flat)
    if said := basis.dependent():
        raise ConfigError("matrix", f"{table.matrix!r}: {said}")
    return basis


def _agreed_unit(stated: str, unit: str, modes: tuple[str, ...], name: str) -> None:
    """See that a file's ``# unit: v/nm`` is the rig file's."""
    if not stated:
        return
    per = {mode.rpartition("_")[2] for mode in modes}
    allowed = sorted(f"{unit}/{one}" for one in per) if unit else []
    if unit and (len(per) > 1 or stated.lower() not in allowed):
        problem = f"{name!r} is in {stated}, allowed: {' and '.join(allowed)}, by unit and modes"
        raise ConfigError("matrix", problem)


def _bounds(table: ModalTable, folder: Path, array: ArrayKind, n: int, unit: str) -> ActuatorBounds:
    ends = []
    for key, given, own in (("low", table.low, array.low), ("high", table.high, array.high)):
        if given is None and own is None:
            raise ConfigError(key, "needed: what an actuator may be; the array does not say")
        values = _per_actuator(own if given is None else given, folder, key, n, unit)  # type: ignore[arg-type]
        beyond = own is not None and ((values < own) if key == "low" else (values > own)).any()
        if beyond:
            worst = values.min() if key == "low" else values.max()
            raise ConfigError(key, f"{worst:g} is beyond what the array takes, {own:g}")
        ends.append(values)
    low, high = ends
    if (low >= high).any():
        i = int(np.argmax(low >= high))
        raise ConfigError("low", f"{low[i]:g} of actuator {i} is not below its high, {high[i]:g}")
    if table.sum_low is not None and table.sum_high is not None:
        if table.sum_low >= table.sum_high:
            raise ConfigError("sum_low", f"{table.sum_low:g} is not below sum_high")
    if table.neighbour_max is not None and table.layout is None:
        raise ConfigError("layout", "needed by neighbour_max: where each actuator lies")
    return ActuatorBounds(
        low,
        high,
        unit,
        -np.inf if table.sum_low is None else table.sum_low,
        np.inf if table.sum_high is None else table.sum_high,
        np.inf if table.sum_abs_max is None else table.sum_abs_max,
        () if table.layout is None else _pairs(table.layout, folder, n),
        np.inf if table.neighbour_max is None else table.neighbour_max,
    )


def _pairs(name: str, folder: Path, n: int) -> tuple[tuple[int, int], ...]:
    layout = read_numbers(folder, name, "layout").values
    if layout.ndim != 2:
        raise ConfigError(
            "layout", f"{name!r} has the shape {layout.shape}, allowed: rows, columns"
        )
    if sorted(layout[layout >= 0].tolist()) != list(range(n)):
        problem = f"{name!r}, allowed: each number from 0 to {n - 1} once, and -1 for none"
        raise ConfigError("layout", problem)
    return neighbours(layout)


def _per_actuator(given: PerActuator, folder: Path, key: str, n: int, unit: str) -> Floats:
    if isinstance(given, str):
        found = read_numbers(folder, given, key)
        if found.unit and unit and found.unit.lower() != unit:
            raise ConfigError(key, f"{given!r} is in {found.unit}, allowed: {unit}")
        values, shown = found.values, f"{given!r}"
        if values.ndim == 2 and 1 in values.shape:
            values = values.ravel()
    else:
        values, shown = np.array(given, dtype=np.float64), "it"
    if values.ndim == 0:
        return np.full(n, float(values))
    if values.shape != (n,):
        problem = f"{shown} has the shape {values.shape}, allowed: a number, or {n} of them"
        raise ConfigError(key, problem)
    return values


class ModalKind:
    """How modes on an array are opened."""

    def options(self, table: Mapping[str, Any], folder: Path) -> CheckedModal:
        """Check a ``[[driver]]`` table, and read its files.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        options = ModalOptions.model_validate(dict(table))
        name, own = named_kind(options.array, "array", "bmc")
        kind = array_kind(name)
        array_options = checked_options(kind.options, own, "array")
        return CheckedModal(check_modes(options, folder, kind), kind, array_options)

    def resources(self, options: CheckedModal) -> tuple[str, ...]:
        """Name the array; nothing for one in memory."""
        name = options.array.resource(options.array_options)
        return (name,) if name else ()

    def open(self, options: CheckedModal) -> SingleConnection:
        """Connect, and make the mirror flat.

        Raises
        ------
        DriverError
        """
        array = options.array.open(options.array_options)
        try:
            modes = options.modes
            device = ModalDevice(modes.label, array, modes.basis, modes.bounds, modes.mechanics)
        except BaseException:
            array.close()
            raise

        def release() -> None:
            device.stop()
            array.close()

        return SingleConnection(
            device, lambda: {"numpy": np.__version__, **array.versions}, release
        )


KIND = ModalKind()
