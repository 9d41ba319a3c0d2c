"""The ``[[driver]]`` table of kind ``"slm"``: its files are read before anything is connected."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from drivers.errors import ConfigError
from drivers.modal.files import read_numbers
from drivers.registered import checked_options, named_kind
from drivers.single import SingleConnection
from drivers.slm.device import ModulatorDevice
from drivers.slm.modulator import Modulator, ModulatorKind, Panel, modulator_kind
from drivers.slm.pupil import STEEPEST, OwnModes, Pupil, PupilPlace
from drivers.slm.table import read_table
from drivers.types import Floats

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Size = Annotated[int, Field(ge=16, le=8192, strict=True)]

_NOLL = re.compile(r"z(\d+)_nm")
_OWN = re.compile(r"[A-Za-z]\w*_nm")
MOST_NOLL = 45  # degree 8: single precision carries its polynomials over the pupil


class Grating(BaseModel, frozen=True, extra="forbid"):
    """A carrier that takes the modulated light aside.

    Parameters
    ----------
    period_px
        Pixels of a turn.
    angle_deg
        Of its direction: 0 to the right, 90 up.
    """

    period_px: Annotated[Number, Field(ge=2, le=1e4)]
    angle_deg: Number = 0.0


class PupilTable(BaseModel, frozen=True, extra="forbid"):
    """Where the pupil lies on the modulator.

    Parameters
    ----------
    radius_px
        Of the pupil.
    center_px
        Column and row of its centre, from 0; without it that of the panel.
    """

    radius_px: Annotated[Number, Field(ge=4, le=8192)]
    center_px: tuple[Number, Number] | None = None


class ModulatorTable(BaseModel, frozen=True, extra="forbid"):
    """What a rig file says of modes on a modulator, whoever shows its frames.

    Parameters
    ----------
    label
        Of the device; settings are ``LABEL.MODE``.
    width_px, height_px, bits
        The panel, and how many bits a level has; compared when it is opened.
    pitch_um
        Side of a pixel.
    wavelength_nm
        Of the light on it.
    pupil
        Where the pupil lies.
    grating
        The carrier; none without it.
    modes
        Zernike modes by Noll's index with their unit, ``"z4_nm"``.
    table
        The phase of each level: a file, or ``"linear"`` where the electronics make one turn of all
        levels.
    basis, basis_modes
        Modes of one's own: a file (modes, rows, columns) of nm per nm, and their names.
    flat
        A file (rows, columns), nm: a wavefront that is in every frame.
    rest_ms
        How long the liquid crystal takes to come to rest.
    """

    label: str = Field(default="slm", min_length=1)
    width_px: Size
    height_px: Size
    bits: Annotated[int, Field(ge=4, le=16, strict=True)] = 8
    pitch_um: Annotated[Number, Field(gt=0, le=1000)] = 8.0
    wavelength_nm: Annotated[Number, Field(ge=100, le=20_000)]
    pupil: PupilTable
    grating: Grating | None = None
    modes: tuple[str, ...] = ()
    table: str | None = None
    basis: str | None = None
    basis_modes: tuple[str, ...] = ()
    flat: str | None = None
    rest_ms: Annotated[Number, Field(ge=0, le=60_000)] = 0.0


class ModulatorOptions(ModulatorTable, frozen=True):
    """A ``[[driver]]`` table: modes and pupil, and the modulator that shows their frames."""

    modulator: dict[str, Any]


@dataclass(frozen=True, eq=False)
class CheckedPupil:
    """A table whose files have been read."""

    table: ModulatorTable
    panel: Panel
    place: PupilPlace
    noll: tuple[int, ...]
    own: OwnModes
    flat_nm: Floats | None
    turns: Floats

    def device(self, modulator: Modulator) -> ModulatorDevice:
        """Make the device, all modes at 0.

        Raises
        ------
        DriverError
        """
        pupil = Pupil(self.panel, self.place, self.noll, self.own, self.flat_nm, self.turns)
        table = self.table
        parameters = {
            "table": f"{_file(table.table)}, crc32 {zlib.crc32(self.turns.tobytes()):08x}",
            "pupil": f"centre {self.place.center_x_px:g}, {self.place.center_y_px:g} px,"
            f" radius {self.place.radius_px:g} px",
            "grating": "none"
            if table.grating is None
            else f"{table.grating.period_px:g} px at {table.grating.angle_deg:g} deg",
            "wavelength": f"{self.panel.wavelength_nm:g} nm",
        }
        if self.flat_nm is not None:
            parameters["flat"] = (
                f"{_file(table.flat)}, crc32 {zlib.crc32(self.flat_nm.tobytes()):08x}"
            )
        if self.own.maps is not None:
            parameters["basis"] = (
                f"{_file(table.basis)}, crc32 {zlib.crc32(self.own.maps.tobytes()):08x}"
            )
        return ModulatorDevice(table.label, modulator, pupil, table.rest_ms / 1000, parameters)


def _file(name: str | None) -> str:
    """Give a file's own name: where it lies changes no frame."""
    return Path(name or "").name


@dataclass(frozen=True, eq=False)
class CheckedModulator:
    """A `ModulatorOptions` whose files have been read, with its modulator."""

    pupil: CheckedPupil
    modulator: ModulatorKind
    modulator_options: Any


def check_pupil(table: ModulatorTable, folder: Path) -> CheckedPupil:
    """Read a table's files, and see that panel, pupil and modes go together.

    Raises
    ------
    ConfigError
    """
    panel = Panel(table.width_px, table.height_px, table.bits, table.pitch_um, table.wavelength_nm)
    if table.table is None:
        problem = 'needed: a file with the phase of each level, rad; or "linear" where the'
        raise ConfigError("table", f"{problem} modulator's electronics make one turn of all levels")
    turns = read_table(folder, table.table, table.bits)
    place = _place(table)
    noll = tuple(_noll(mode) for mode in table.modes)
    own = _own(table, folder, panel)
    names = (*table.modes, *own.names)
    if not names:
        raise ConfigError("modes", 'needed: the modes, ["z4_nm", "z5_nm"] say; or basis')
    if len(set(names)) < len(names):
        raise ConfigError("modes", "a mode is named twice")
    flat = None
    if table.flat is not None:
        flat = read_numbers(folder, table.flat, "flat").values
        if flat.shape != panel.shape:
            problem = f"{table.flat!r} has the shape {flat.shape}, allowed: {panel.shape}"
            raise ConfigError("flat", problem)
    return CheckedPupil(table, panel, place, noll, own, flat, turns)


def _place(table: ModulatorTable) -> PupilPlace:
    pupil = table.pupil
    middle = ((table.width_px - 1) / 2, (table.height_px - 1) / 2)
    x, y = pupil.center_px or middle
    sizes = (("width_px", x, table.width_px), ("height_px", y, table.height_px))
    for key, center, size in sizes:
        if center - pupil.radius_px < -0.5 or center + pupil.radius_px > size - 0.5:
            reach = f"{center - pupil.radius_px:g} to {center + pupil.radius_px:g}"
            problem = f"goes from pixel {reach}, beyond the panel's {key} = {size}"
            raise ConfigError("pupil", problem)
    right = up = 0.0
    if table.grating is not None:
        angle = math.radians(table.grating.angle_deg)
        right = math.cos(angle) / table.grating.period_px
        up = math.sin(angle) / table.grating.period_px
    if max(abs(right), abs(up)) > 0.9 * STEEPEST:
        problem = f"{table.grating and table.grating.period_px:g} px leaves the modes no room"
        raise ConfigError("grating.period_px", f"{problem}, allowed: 2.3 or more")
    return PupilPlace(x, y, pupil.radius_px, right, up)


def _noll(mode: str) -> int:
    found = _NOLL.fullmatch(mode)
    if found is None or not 2 <= int(found[1]) <= MOST_NOLL:
        raise ConfigError("modes", f'{mode!r}, allowed: "z2_nm" to "z{MOST_NOLL}_nm" (Noll)')
    return int(found[1])


def _own(table: ModulatorTable, folder: Path, panel: Panel) -> OwnModes:
    if table.basis is None:
        if table.basis_modes:
            raise ConfigError("basis_modes", "goes with basis")
        return OwnModes()
    maps = read_numbers(folder, table.basis, "basis").values
    names = table.basis_modes
    for name in names:
        if _OWN.fullmatch(name) is None or _NOLL.fullmatch(name):
            problem = f"{name!r}, allowed: a name with its unit, 'kl1_nm' say, that is not Noll's"
            raise ConfigError("basis_modes", problem)
    wanted = (len(names), *panel.shape)
    if maps.shape != wanted or not names:
        problem = f"{table.basis!r} has the shape {maps.shape}, allowed: {wanted}, a map for each"
        raise ConfigError("basis", f"{problem} of basis_modes")
    if not np.abs(maps).reshape(len(maps), -1).max(axis=1).all():
        raise ConfigError("basis", f"{table.basis!r}: a mode changes no phase")
    return OwnModes(names, maps.astype(np.float32))


class SlmKind:
    """How modes on a modulator are opened."""

    def options(self, table: Mapping[str, Any], folder: Path) -> CheckedModulator:
        """Check a ``[[driver]]`` table, and read its files.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        options = ModulatorOptions.model_validate(dict(table))
        name, own = named_kind(options.modulator, "modulator", "santec")
        kind = modulator_kind(name)
        modulator_options = checked_options(kind.options, own, "modulator")
        checked = check_pupil(options, folder)
        if missing := kind.needed():
            raise ConfigError("modulator.kind", f"{name!r} {missing}")
        return CheckedModulator(checked, kind, modulator_options)

    def resources(self, options: CheckedModulator) -> tuple[str, ...]:
        """Name the modulator; nothing for one in memory."""
        name = options.modulator.resource(options.modulator_options)
        return (name,) if name else ()

    def open(self, options: CheckedModulator) -> SingleConnection:
        """Connect, and show the frame of all modes at 0.

        Raises
        ------
        DriverError
        """
        modulator = options.modulator.open(options.modulator_options, options.pupil.panel)
        try:
            device = options.pupil.device(modulator)
        except BaseException:
            modulator.close()
            raise

        def release() -> None:
            device.stop()
            modulator.close()

        return SingleConnection(
            device, lambda: {"numpy": np.__version__, **modulator.versions}, release
        )


KIND = SlmKind()
