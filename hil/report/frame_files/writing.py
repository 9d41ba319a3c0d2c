"""Frames into files that other programs open; what is there under a name is whole."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import InputError
from hil.records.plain_text import shown
from hil.report.files.whole_file import whole_file
from hil.report.frame_files.imagej_words import also_for_imagej
from hil.report.frame_files.stack import TrialStack
from hil.store.frames.ngff import axes, ngff


def write_frames(stack: TrialStack, path: Path) -> None:
    """Write a trial's frames, in the form that the file's ending names.

    Parameters
    ----------
    stack
        The frames.
    path
        ``.tif``, ``.tiff`` (OME-TIFF), ``.zarr`` (OME-NGFF 0.5) or ``.npy``. A file that is there
        is replaced, a folder is not.

    Raises
    ------
    InputError
        Another ending, no such folder, a ``.zarr`` that is there, or it cannot be written.
    """
    write = _writer_of(path)
    with whole_file(path) as partial:
        write(stack, partial)


def check_ending(path: Path) -> None:
    """Refuse an ending before anything is read.

    Raises
    ------
    InputError
    """
    _writer_of(path)


def _writer_of(path: Path) -> Callable[[TrialStack, Path], None]:
    writers = {".tif": _tiff, ".tiff": _tiff, ".zarr": _ngff, ".npy": _npy}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise InputError("-o", str(path), "allowed: a name that ends in .tif, .zarr or .npy")
    return write


def _npy(stack: TrialStack, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, stack.pixels, allow_pickle=False)


def _tiff(stack: TrialStack, path: Path) -> None:
    """Write OME-TIFF: repeats along T, fields of view along Z, channels along C.

    ImageJ and Fiji read no OME-XML unless asked to. For them its own words stand beside, as in
    Micro-Manager's files.
    """
    import tifffile

    pixels = stack.repeats_first
    n_planes = math.prod(pixels.shape[:-2])
    said: dict[str, Any] = {
        "axes": "TZYX" if pixels.ndim == 4 else "TCZYX",
        "Name": shown(stack.title),
        "Description": "T: repeats of a field of view; Z: fields of view. "
        + json.dumps(dict(stack.about)),
        "Plane": {
            "ExposureTime": [stack.exposure_ms] * n_planes,
            "ExposureTimeUnit": ["ms"] * n_planes,
        },
    }
    if not math.isnan(stack.pixel_size_um):
        for axis in "XY":
            said[f"PhysicalSize{axis}"] = stack.pixel_size_um
            said[f"PhysicalSize{axis}Unit"] = "µm"
    if stack.channels:
        said["Channel"] = {"Name": [shown(name) for name in stack.channels]}
    tifffile.imwrite(
        path,
        pixels,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        metadata=said,
        **_resolution(stack.pixel_size_um),
    )
    also_for_imagej(path, pixels.shape, in_micrometres=not math.isnan(stack.pixel_size_um))


def _resolution(pixel_size_um: float) -> dict[str, Any]:
    """Say how many pixels a micrometre has, whose name stands in ImageJ's words."""
    if math.isnan(pixel_size_um):
        return {}
    return {"resolution": (1 / pixel_size_um, 1 / pixel_size_um), "resolutionunit": "NONE"}


def _ngff(stack: TrialStack, path: Path) -> None:
    """Write a Zarr v3 group with OME-NGFF 0.5 metadata, one chunk a frame."""
    import zarr
    import zarr.codecs

    pixels = stack.repeats_first
    group = zarr.open_group(path, mode="w", zarr_format=3)
    array = group.create_array(
        "0",
        shape=pixels.shape,
        chunks=(1,) * (pixels.ndim - 2) + pixels.shape[-2:],
        dtype=pixels.dtype,
        compressors=zarr.codecs.BloscCodec(cname="lz4", shuffle="bitshuffle"),
        dimension_names=[axis["name"] for axis in axes(len(stack.channels), stack.pixel_size_um)],
        # Dark frames of photon counts are measured, too: other readers must find their chunks.
        config={"write_empty_chunks": True},
    )
    array[...] = pixels
    said = ngff(stack.title, stack.channels, stack.pixel_size_um, stack.saturation_adu)
    group.attrs.put({"ome": said, "hil": dict(stack.about)})
