"""Zarr: arrays, OME-Zarr images with their pyramids, positions and wells, in folders or in .zip.

Of a pyramid the full size is read, which its ``multiscales`` names first; what lies beside it is
smaller and was averaged. Images that belong together are stacked along P.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from hil.errors import InputError
from hil.frames.arrays import FileArray, choose_array, of_zarr, stacked
from hil.frames.zarr_chunks import absent_chunks

MARKS = ("zarr.json", ".zgroup", ".zarray")
_LETTERS = {"t": "T", "time": "T", "c": "C", "channel": "C", "z": "Z", "y": "Y", "x": "X"}
_LETTERS |= {"field": "f", "repeat": "r"}  # as this program names them
_BESIDE = {"labels", "OME"}  # groups that hold no frames


def is_zarr_folder(path: Path) -> bool:
    """Whether a folder is the root of a Zarr store."""
    return path.is_dir() and any((path / mark).is_file() for mark in MARKS)


def open_zarr(path: Path) -> FileArray:
    """Open an array, or the frames of a group.

    Raises
    ------
    InputError
        Where it is not clear which of its arrays are the frames.
    """
    import zarr

    node = _opened(path)
    if not isinstance(node, zarr.Group):
        return _of_array(path, node, _named_axes(node))
    return _of_group(path, node)


def arrays_and_words(path: Path) -> list[tuple[Any, str, Mapping[str, Any] | None, Any]]:
    """List the arrays that `open_zarr` reads with what is said of them.

    Returns
    -------
    For each its axes by letters, empty if nobody says, its entry of ``multiscales``, and attributes
    of its group.
    """
    import zarr

    node = _opened(path)
    if not isinstance(node, zarr.Group):
        return [(node, _named_axes(node), None, {})]
    images = _images(path, node)
    if not images:
        arrays = dict(node.arrays())
        array = arrays[choose_array(path, sorted(arrays))]
        return [(array, _named_axes(array), None, dict(node.attrs))]
    found: list[tuple[Any, str, Mapping[str, Any] | None, Any]] = []
    for image in images:
        first = _multiscales(image)[0]
        array = image[_text(first["datasets"][0]["path"])]
        axes = first.get("axes")
        letters = "".join(map(_letter, axes)) if axes is not None else _named_axes(array)
        found.append((array, letters, first, dict(image.attrs)))
    return found


def _opened(path: Path) -> Any:
    import zarr

    if path.is_dir():
        if not is_zarr_folder(path):
            raise InputError(path, "", f"is no Zarr store: none of {', '.join(MARKS)} is in it")
        return zarr.open(str(path), mode="r")
    root = _root_in_zip(path)
    store = zarr.storage.ZipStore(path, mode="r")
    return zarr.open(store, mode="r", path=root)


def _root_in_zip(path: Path) -> str:
    if not zipfile.is_zipfile(path):
        raise InputError(path, "", "is no Zarr store, neither a folder nor a .zip file")
    with zipfile.ZipFile(path) as archive:
        found = [
            PurePosixPath(name) for name in archive.namelist() if PurePosixPath(name).name in MARKS
        ]
    if not found:
        raise InputError(
            path,
            "",
            "holds no Zarr store; allowed: a .zip file of one, else what is in it, unpacked",
        )
    root = min(found, key=lambda one: len(one.parts)).parent
    return "" if str(root) == "." else str(root)


def _of_group(path: Path, group: Any) -> FileArray:
    images = _images(path, group)
    if images:
        parts = [_level_0(path, image) for image in images]
        return parts[0] if len(parts) == 1 else stacked(path, parts)
    arrays = dict(group.arrays())
    groups = [name for name, _ in group.groups()]
    if not arrays and groups:
        raise InputError(
            path,
            "",
            f"holds groups {_few(groups)} that say nothing of images; allowed: one of them",
        )
    array = arrays[choose_array(path, sorted(arrays))]
    return _of_array(path, array, _named_axes(array))


def _images(path: Path, group: Any) -> list[Any]:
    """List the groups with ``multiscales`` that make up a plate, a well, a collection, an image."""
    says = _says(group)
    if _multiscales(group):
        return [group]
    if "plate" in says:
        wells = [group[_text(well["path"])] for well in says["plate"]["wells"]]
        return [image for well in wells for image in _images(path, well)]
    if "well" in says:
        return [group[_text(image["path"])] for image in says["well"]["images"]]
    named = _says(group["OME"]).get("series") if "OME" in group else None
    if named:
        return [image for name in named for image in _images(path, group[_text(name)])]
    children = sorted(
        (name for name, _ in group.groups() if name not in _BESIDE), key=natural_order
    )
    found = [_images(path, group[name]) for name in children]
    return [image for one in found for image in one]


def _level_0(path: Path, group: Any) -> FileArray:
    first = _multiscales(group)[0]
    array = group[_text(first["datasets"][0]["path"])]
    axes = first.get("axes")
    if axes is None:  # OME-Zarr 0.1 and 0.2
        letters = "TCZYX" if array.ndim == 5 else _named_axes(array)
    else:
        letters = "".join(_letter(axis) for axis in axes)
    if letters and len(letters) != array.ndim:
        raise InputError(
            path, "", f"names {len(letters)} axes for an array of {array.ndim}: {letters}"
        )
    found = _of_array(path, array, letters)
    channels = _says(group).get("omero", {}).get("channels", [])
    names = tuple(str(one.get("label", "")) for one in channels)
    if not all(names):
        return found
    return FileArray(found.shape, found.dtype, found.read, found.axes, found.absent, names)


def _of_array(path: Path, array: Any, letters: str) -> FileArray:
    if 0 in array.shape:
        raise InputError(path, "", f"holds no frames: its shape is {tuple(array.shape)}")
    return of_zarr(array, letters, absent_chunks(path, array))


def _says(group: Any) -> Mapping[str, Any]:
    """Read what OME says: under ``ome`` from version 0.5 on."""
    attributes = dict(group.attrs)
    return attributes["ome"] if isinstance(attributes.get("ome"), dict) else attributes


def _multiscales(group: Any) -> Sequence[Mapping[str, Any]]:
    found = _says(group).get("multiscales")
    return found if isinstance(found, list) else []


def _letter(axis: Any) -> str:
    name = axis if isinstance(axis, str) else str(axis.get("name", ""))
    kind = "" if isinstance(axis, str) else str(axis.get("type", ""))
    return _LETTERS.get(name.lower()) or {"time": "T", "channel": "C"}.get(kind, "Q")


def _named_axes(array: Any) -> str:
    """Letters by the names that Zarr 3 and xarray give dimensions, if they tell y and x."""
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or []
    letters = "".join(_letter(str(name)) for name in names)
    told = letters.count("Y") == letters.count("X") == 1 and len(letters) == array.ndim
    return letters if told else ""


def _text(value: Any) -> str:
    return str(value).strip("/")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")


def natural_order(name: str) -> list[tuple[int, str]]:
    """Sort key in which 2 comes before 10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)
    ]
