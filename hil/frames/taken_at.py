"""At which settings frames were taken, as files of Micro-Manager, OME, ImageJ and Zarr say it.

Settings are called as this program's drivers call them: ``LABEL.PROPERTY``, the focus drive's
``position_um``, the camera's ``exposure_ms``. Where a file says nothing there is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import numpy as np

from drivers.given import MOST_NUMBERS_BYTES, given_text
from hil.errors import InputError
from hil.frames.axes import readable
from hil.frames.folder import leading_file
from hil.frames.micromanager import INDEX, axis_letters, axis_values, ndtiff_folder
from hil.frames.setting_value import setting_value
from hil.frames.taken_imagej import of_imagej
from hil.frames.taken_zarr import of_zarr_array
from hil.frames.tiff import companion_files
from hil.frames.tiff_log import complaints
from hil.frames.zarr_files import arrays_and_words, is_zarr_folder

Settings: TypeAlias = Mapping[str, float | str]

_MICROMANAGER = 51123
# What changes from frame to frame by itself, or says where in the file a frame lies.
_NO_SETTINGS = ("time", "date", "stamp", "uuid", "index", "number", "frame", "sequence")
_TO_MS = {"s": 1e3, "ms": 1.0, "us": 1e-3, "\u00b5s": 1e-3, "\u03bcs": 1e-3}
_FOCUS = "focus.position_um"
_TO_UM = {"um": 1.0, "\u00b5m": 1.0, "\u03bcm": 1.0, "nm": 1e-3, "mm": 1e3}


@dataclass(frozen=True, slots=True)
class TakenAt:
    """The settings of each frame of a dataset.

    Parameters
    ----------
    axes, shape
        Its axes before height and width, by letters, and their lengths.
    settings
        Place on these axes to what was set; frames that were never written are not there.
    """

    axes: str
    shape: tuple[int, ...]
    settings: Mapping[tuple[int, ...], Settings]


def taken_at(path: Path) -> TakenAt:
    """Read the settings of all frames.

    Raises
    ------
    InputError
        The dataset is of a kind that keeps none, or cannot be read.
    """
    found: TakenAt = readable(path, lambda: _taken_at(path))
    return found


def _taken_at(path: Path) -> TakenAt:
    folder = ndtiff_folder(path)
    if folder is not None:
        return _of_ndtiff(folder)
    if is_zarr_folder(path) or path.suffix.lower() == ".zip":
        return _of_zarr(path)
    leading = leading_file(path) if path.is_dir() else path
    if leading is not None and leading.suffix.lower() == ".ome":
        return _of_companion(leading)
    if leading is None or leading.suffix.lower() not in (".tif", ".tiff"):
        raise InputError(path, "", "says no settings; allowed: a table of them, or a pattern")
    return _of_tiff(leading)


def _of_ndtiff(folder: Path) -> TakenAt:
    import tifffile

    with complaints(folder / INDEX):
        entries = list(tifffile.tifffile.read_ndtiff_index(folder / INDEX))
    places = {tuple(entry[0].items()): entry for entry in entries}
    names = list(dict.fromkeys(name for axes in places for name, _ in axes))
    values = [axis_values(places, name) for name in names]
    found = {}
    for axes, entry in places.items():
        of = dict(axes)
        pairs = zip(names, values, strict=True)
        at = tuple(known.index(of.get(name, known[0])) for name, known in pairs)
        found[at] = of_micromanager(_json_at(folder / Path(entry[1]).name, entry[7], entry[8]))
    return TakenAt(axis_letters(names), tuple(map(len, values)), found)


def _json_at(file: Path, offset: int, length: int) -> Any:
    try:
        with file.open("rb") as opened:
            opened.seek(offset)
            return json.loads(opened.read(length))
    except (OSError, ValueError, RecursionError):
        return {}


def _of_zarr(path: Path) -> TakenAt:
    parts = []
    for array, letters, scales, group in arrays_and_words(path):
        n = array.ndim - 2
        axes = letters[:n] if len(letters) == array.ndim and letters.endswith("YX") else "Q" * n
        parts.append((axes, tuple(array.shape[:n]), of_zarr_array(array, axes, scales, group)))
    axes, shape, first = parts[0]
    if len(parts) == 1:
        return TakenAt(axes, shape, first)
    found = {(i, *at): told for i, (_, _, each) in enumerate(parts) for at, told in each.items()}
    return TakenAt(f"P{axes}", (len(parts), *shape), found)


def _of_companion(path: Path) -> TakenAt:
    words = given_text(path, MOST_NUMBERS_BYTES)
    return _of_tiff(path.parent / companion_files(path, words)[0], words)


def _of_tiff(path: Path, omexml: str | None = None) -> TakenAt:
    import tifffile

    with complaints(path), tifffile.TiffFile(path, omexml=omexml) as file:
        words = omexml or file.ome_metadata
        parts = [_of_series(file, number, words) for number in range(len(file.series))]
    if len(parts) == 1:
        return parts[0]
    found = {(i, *at): told for i, part in enumerate(parts) for at, told in part.settings.items()}
    return TakenAt(f"P{parts[0].axes}", (len(parts), *parts[0].shape), found)


def _of_series(file: Any, number: int, omexml: str | None) -> TakenAt:
    series = file.series[number]
    n = len(series.shape) - 2
    axes, shape = str(series.axes)[:n], tuple(series.shape)[:n]
    if not str(series.axes).endswith("YX"):
        problem = "holds colours or channels within its pixels, and settings go by images;"
        raise InputError(
            file.filename, "", f"{problem} allowed: grey images, or a table of settings with --axes"
        )
    planes, step_um = _ome_planes(omexml, number)
    imagej = file.imagej_metadata if file.is_imagej else None
    pages = list(series.pages)
    found: dict[tuple[int, ...], Settings] = {}
    # ImageJ writes one page for all images of a file beyond 4 GiB, and some shapes are one page.
    for i in range(max(len(pages), int(np.prod(shape)))):
        at = tuple(int(k) for k in np.unravel_index(i, shape)) if shape else ()
        told: Settings = {}
        if i < len(pages) and pages[i] is not None:
            told = of_micromanager(_micromanager_tag(pages[i]))
        c, z, t = (at[axes.index(one)] if one in axes else 0 for one in "CZT")
        said: dict[str, float | str] = {**of_imagej(imagej, axes, at, i)}
        if "Z" in axes and step_um is not None:
            said[_FOCUS] = z * step_um
        found[at] = {**said, **planes.get((c, z, t), {}), **told}
    return TakenAt(axes, shape, found)


def _micromanager_tag(page: Any) -> Any:
    """Read what Micro-Manager says of a page; tifffile closes all files of a dataset but one."""
    handle = page.parent.filehandle
    shut = bool(handle.closed)
    if shut:
        handle.open()
    try:
        return page.aspage().tags.valueof(_MICROMANAGER)
    finally:
        if shut:
            handle.close()


# --- what one frame says -------------------------------------------------------------------------


def of_micromanager(told: Any) -> dict[str, float | str]:
    """Give the settings in Micro-Manager's metadata of one frame."""
    if isinstance(told, (str, bytes)):
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            return {}
    if not isinstance(told, Mapping):
        return {}
    focus = str(told.get("Core-Focus") or "focus")
    camera = str(told.get("Core-Camera") or told.get("Camera") or "camera")
    found: dict[str, float | str] = {}
    for key, name in (("ZPositionUm", f"{focus}.position_um"), ("Exposure-ms", _exposure(camera))):
        if (value := setting_value(told.get(key))) is not None and not isinstance(value, str):
            found[name] = float(value)
    for key, value in told.items():
        label, dash, prop = str(key).partition("-")
        plain = dash and label and prop and label != "Core" and prop not in ("ms", "um")
        if not plain or any(word in prop.lower() for word in _NO_SETTINGS):
            continue
        inner = value.get("PropVal") if isinstance(value, Mapping) else value
        if (said := setting_value(inner)) is not None:
            found.setdefault(f"{label}.{prop.replace(' ', '_')}", said)
    return found


def _exposure(camera: str) -> str:
    return f"{camera}.exposure_ms"


def _ome_planes(
    words: str | None, number: int
) -> tuple[dict[tuple[int, int, int], Settings], float | None]:
    """Read one image of OME-XML: its planes, by channel, z and time, and the distance of slices.

    The distance, um, is None where planes say where they lie, or nobody does.
    """
    try:
        root = ElementTree.fromstring(words) if words else None
    except ElementTree.ParseError:
        root = None
    images = [] if root is None else [one for one in root.iter() if one.tag.endswith("}Image")]
    if number >= len(images):
        return {}, None
    found: dict[tuple[int, int, int], Settings] = {}
    for plane in (one for one in images[number].iter() if one.tag.endswith("}Plane")):
        c, z, t = (int(plane.get(f"The{one}") or 0) for one in "CZT")
        told: dict[str, float | str] = {}
        told |= _quantity(plane, "PositionZ", _FOCUS, _TO_UM, "um")
        told |= _quantity(plane, "ExposureTime", "camera.exposure_ms", _TO_MS, "s")
        found[c, z, t] = told
    if any(_FOCUS in told for told in found.values()):
        return found, None
    pixels = next((one for one in images[number].iter() if one.tag.endswith("}Pixels")), None)
    size = {} if pixels is None else _quantity(pixels, "PhysicalSizeZ", _FOCUS, _TO_UM, "um")
    return found, size.get(_FOCUS)


def _quantity(
    plane: ElementTree.Element, key: str, name: str, units: Mapping[str, float], usual: str
) -> dict[str, float]:
    value, unit = setting_value(plane.get(key)), plane.get(f"{key}Unit") or usual
    if value is None or isinstance(value, str) or unit not in units:
        return {}
    return {name: value * units[unit]}
