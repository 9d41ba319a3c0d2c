"""Frames that this program never took, with a table of settings, as a recording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from drivers.protocol import Setting
from drivers.replay.recording import RecordedTrial, Recording
from drivers.types import Pixels, Value
from hil.errors import InputError
from hil.frames.axes import FrameFile
from hil.frames.files import open_frames
from hil.frames.folder import leading_file
from hil.frames.micromanager import ndtiff_folder
from hil.frames.zarr_files import is_zarr_folder
from hil.replay.file_metadata import table_of_metadata
from hil.replay.name_pattern import table_of_names
from hil.replay.table import FILE, SettingsTable, read_table

FIELD = "frames.field"  # the setting that brings a field of view before the camera
_ALONE = (".tif", ".tiff", ".npy", ".npz", ".zarr")


def recording_of_files(
    files: Sequence[Path], table: SettingsTable, axes: str | None = None
) -> Recording:
    """Make a recording of files: as many as rows, one that holds all rows, or those it names.

    Raises
    ------
    InputError
        A file cannot be read, files differ in shape or type, or rows and frames do not match.
    """
    parts = _parts(files, table, axes)
    first, _ = parts[0]
    n_fields = len(parts[0][1])
    if first.dtype.name not in ("uint8", "uint16"):
        problem = f"holds {first.dtype.name}, allowed: uint8 and uint16, as a camera gives them"
        raise InputError(files[0], "", problem)
    for i, (file, fields) in enumerate(parts, start=1):
        told, wanted = (len(fields), *file.shape[1:]), (n_fields, *first.shape[1:])
        if told != wanted or file.dtype != first.dtype:
            raise InputError(
                table.path,
                f"row {i}",
                f"its frames are {told} {file.dtype}, those of row 1 {wanted} {first.dtype}",
            )
    exposure = _exposure(table)
    camera = exposure.rpartition(".")[0] or "camera"
    settings = [_setting(name, table) for name in table.rows[0]]
    settings.append(Setting(FIELD, "int", low=0, high=n_fields - 1))
    if not exposure:
        settings.append(Setting(f"{camera}.exposure_ms", "float", "ms", read_only=True))
    top = int(first.dtype.name.removeprefix("uint"))

    def pixels(number: int, field: int) -> Pixels:
        file, fields = parts[number]
        frames: Pixels = file[fields[field]]
        return frames

    return Recording(
        name=table.path.name,
        camera=camera,
        settings=tuple(settings),
        present={f"{camera}.exposure_ms": 0.0, FIELD: 0, **table.rows[0]},
        held={},
        places=tuple({FIELD: i} for i in range(n_fields)),
        trials=tuple(
            RecordedTrial(
                number=i,
                requested=row,
                read_back=row,
                exposure_ms=float(row.get(exposure, 0.0)),
                saturation_adu=2**top - 1,
                device_s=0.0,
                fields=tuple(range(n_fields)),
            )
            for i, row in enumerate(table.rows)
        ),
        pixels=pixels,
        close=lambda: None,
    )


def _exposure(table: SettingsTable) -> str:
    """Find the column of the exposure, if there is one, and look at its numbers."""
    if FIELD in table.rows[0]:
        problem = "is what chooses fields of view here; allowed: another name"
        raise InputError(table.path, FIELD, problem)
    names = [name for name in table.rows[0] if name.endswith(".exposure_ms")]
    for name in names:
        for i, row in enumerate(table.rows, start=1):
            value = row[name]
            if isinstance(value, str) or value < 0:
                problem = f"row {i} holds {value!r}, allowed: milliseconds, 0 where it is not known"
                raise InputError(table.path, name, problem)
    return names[0] if names else ""


def _parts(
    files: Sequence[Path], table: SettingsTable, axes: str | None
) -> list[tuple[FrameFile, Sequence[int]]]:
    """For each row the file that holds it, and which of its fields of view."""
    n_rows = len(table.rows)
    paths = list(files)
    if table.fields:
        whole = open_frames(paths[0], axes)
        return [(whole, fields) for fields in table.fields]
    if table.files:
        folder = paths[0] if len(paths) == 1 and paths[0].is_dir() else table.path.parent
        paths = [folder / name for name in table.files]
    elif n_rows > 1 and len(inside := files_of(paths)) == n_rows:
        paths = inside
    twice = [path for path in paths if paths.count(path) > 1]
    if twice:
        problem = f"{twice[0].name} would be the frames of several rows; allowed: each file once"
        raise InputError(table.path, FILE if table.files else "", problem)
    opened = [open_frames(path, axes) for path in paths]
    if len(opened) == n_rows:
        return [(one, range(one.shape[0])) for one in opened]
    if len(opened) == 1 and opened[0].shape[0] % n_rows == 0:
        each = opened[0].shape[0] // n_rows
        return [(opened[0], range(i * each, (i + 1) * each)) for i in range(n_rows)]
    held = f"{len(opened)} files"
    if len(opened) == 1:
        held = f"{opened[0].shape[0]} fields of view in one file"
    raise InputError(
        table.path,
        "",
        f"has {n_rows} rows, and there are {held}; allowed: a file a row, or a multiple of the rows"
        " in one",
    )


def files_of(paths: Sequence[Path]) -> list[Path]:
    """List the files of one folder by their names, z4 before z10; others as they are given."""
    if len(paths) != 1 or not paths[0].is_dir():
        return list(paths)
    inside = [
        one
        for one in paths[0].iterdir()
        if one.suffix.lower() in _ALONE and not one.name.startswith(".")
    ]
    return sorted(inside, key=lambda one: _natural(one.name))


def settings_of(
    files: Sequence[Path], table: Path | None, pattern: str | None
) -> tuple[SettingsTable, str | None]:
    """Find the settings of files: in a table, in their names, or in what they say of themselves.

    Returns
    -------
    SettingsTable
    str or None
        What the axes of the files are, as far as it was found on the way.

    Raises
    ------
    InputError
    """
    for path in files:
        if not path.exists():
            raise InputError(path, "", "no such file")
    if table is not None:
        return read_table(table), None
    if pattern is not None:
        return table_of_names(pattern, files_of(files)), None
    inside = files_of(files)
    whole = ndtiff_folder(files[0]) is not None
    if files[0].is_dir() and not is_zarr_folder(files[0]):
        whole = whole or leading_file(files[0]) is not None
    alone = len(files) == 1 and (whole or len(inside) < 2)
    return table_of_metadata(files if alone else inside)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort z4 before z10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _setting(name: str, table: SettingsTable) -> Setting:
    values: list[Value] = [row[name] for row in table.rows]
    words = [value for value in values if isinstance(value, str)]
    if words:
        return Setting(name, "choice", choices=tuple(dict.fromkeys(words)))
    prop = name.rpartition(".")[2]
    unit = prop.rpartition("_")[2] if "_" in prop else ""
    role = {"exposure_ms": "exposure", "power_mw": "light"}.get(prop, "other")
    return Setting(name, "float", unit, role=role)  # type: ignore[arg-type]
