"""The modulator's own table: the phase that each level makes, and back.

A table is a file with a line for each level, in their order, or an ``.npy`` of so many numbers: the
phase of each, rad, unwrapped or not. A CSV file may have two columns, ``level`` and ``phase_rad``,
and then fewer lines: between them are straight lines.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from drivers.errors import ConfigError
from drivers.modal.files import read_numbers
from drivers.types import Floats, Pixels

PLACES = 1 << 16
"""Into so many places a turn is divided: the low half of a whole number of them is the place."""
LINEAR = "linear"
# A gap of phases that no level makes, beyond which the table is no table of a phase modulator.
_WIDEST_GAP = 0.15


def read_table(folder: Path, name: str, bits: int) -> Floats:
    """Read a table, and see that it reaches all phases.

    Parameters
    ----------
    folder, name
        The folder of the rig file, and the name relative to it; ``linear`` for a modulator whose
        electronics make one turn of all levels.
    bits
        Of a level.

    Returns
    -------
    ndarray
        (levels,) phase, turns.

    Raises
    ------
    ConfigError
    """
    levels = 1 << bits
    if name == LINEAR:
        return np.arange(levels) / levels
    found = read_numbers(folder, name, "table")
    values = found.values
    if found.unit and found.unit.lower() != "rad":
        raise ConfigError("table", f"{name!r} is in {found.unit}, allowed: rad")
    if values.ndim == 2 and values.shape[1] == 2 and levels != 2:
        phase_rad = _between(values, name, levels)
    else:
        phase_rad = values.ravel() if 1 in values.shape or values.ndim == 1 else values
        if phase_rad.shape != (levels,):
            problem = f"{name!r} has the shape {values.shape}, allowed: a phase for each of"
            raise ConfigError("table", f"{problem} {levels} levels, or columns level, phase_rad")
    turns = phase_rad / (2 * np.pi)
    gap = widest_gap(turns)
    if gap > _WIDEST_GAP:
        problem = f"{name!r} leaves {gap:.2f} of a turn that no level makes, allowed: up to"
        raise ConfigError("table", f"{problem} {_WIDEST_GAP:g}; is it in rad?")
    if np.ptp(turns) > levels / 4:
        problem = f"{name!r} goes over {np.ptp(turns):.0f} turns in {levels} levels; is it in rad?"
        raise ConfigError("table", problem)
    return turns


def _between(values: Floats, name: str, levels: int) -> Floats:
    level, phase_rad = values.T
    if (np.diff(level) <= 0).any() or level[0] != 0 or level[-1] != levels - 1:
        problem = f"{name!r} has levels {level[0]:g} to {level[-1]:g}, allowed: rising from 0"
        raise ConfigError("table", f"{problem} to {levels - 1}")
    return np.asarray(np.interp(np.arange(levels), level, phase_rad), dtype=np.float64)


def widest_gap(turns: Floats) -> float:
    """Give the largest part of a turn that no level makes."""
    places = np.sort(np.mod(turns, 1.0))
    return float(np.diff(places, append=places[0] + 1).max())


def nearest_levels(turns: Floats) -> Pixels:
    """Give for each of `PLACES` the level whose phase is nearest, once round."""
    places = np.mod(turns, 1.0)
    order = np.argsort(places, kind="stable")
    around = np.concatenate((places[order] - 1, places[order], places[order] + 1))
    wanted = (np.arange(PLACES) + 0.5) / PLACES  # places are floors
    index = np.searchsorted((around[:-1] + around[1:]) / 2, wanted)
    dtype = np.uint8 if len(turns) <= 256 else np.uint16
    return np.ascontiguousarray(order[np.mod(index, len(turns))].astype(dtype))
