"""Files as the programs of this field write them, made by hand."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr


def ome_zarr(group: zarr.Group, image: np.ndarray, axes: str, names: tuple[str, ...] = ()) -> None:
    """An image with a pyramid of two levels, of version 0.4 in Zarr 2 and 0.5 in Zarr 3."""
    group.create_array("0", data=image, chunks=(1,) * (image.ndim - 2) + image.shape[-2:])
    group.create_array("1", data=image[..., ::2, ::2])
    kinds = {"t": "time", "c": "channel"}
    says: dict[str, Any] = {
        "multiscales": [
            {
                "axes": [{"name": one, "type": kinds.get(one, "space")} for one in axes],
                "datasets": [{"path": "0"}, {"path": "1"}],
            }
        ]
    }
    if names:
        says["omero"] = {"channels": [{"label": name} for name in names]}
    say(group, says)


def say(group: zarr.Group, says: dict[str, Any]) -> None:
    group.attrs.update(
        {"ome": {"version": "0.5", **says}} if group.metadata.zarr_format == 3 else says
    )


def ndtiff(
    folder: Path,
    frames: dict[tuple[tuple[str, Any], ...], np.ndarray],
    summary: Any,
    says: Callable[[dict[str, Any]], dict[str, Any]] = lambda axes: {},
) -> None:
    """NDTiff version 3, one file, as its specification and the package ndstorage have it."""
    folder.mkdir()
    words = json.dumps(summary).encode()
    words += b" " * (len(words) % 2)
    head = struct.pack("<HHIIIIII", 0x4949, 42, 28 + len(words), 483729, 3, 3, 2355492, len(words))
    content, index = bytearray(head + words), bytearray()
    for number, (axes, image) in enumerate(frames.items()):
        told = {"Camera": "Cam", "Exposure-ms": 10.0, **says(dict(axes))}
        meta = json.dumps(told).encode()
        at, n_tags = len(content), 10
        pixels_at = at + 2 + 12 * n_tags + 4
        meta_at = pixels_at + image.nbytes
        after = meta_at + len(meta) + len(meta) % 2
        height, width = image.shape
        tags = [
            (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
            (273, 4, 1, pixels_at), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, image.nbytes),
            (51123, 2, len(meta), meta_at),
        ]  # fmt: skip
        content += struct.pack("<H", n_tags) + b"".join(struct.pack("<HHII", *one) for one in tags)
        content += struct.pack("<I", after if number < len(frames) - 1 else 0)
        content += image.astype("<u2").tobytes() + meta + b" " * (len(meta) % 2)
        key, name = json.dumps(dict(axes)).encode(), b"NDTiffStack.tif"
        index += struct.pack("<I", len(key)) + key + struct.pack("<I", len(name)) + name
        index += struct.pack("<IiiiiIii", pixels_at, width, height, 1, 0, meta_at, len(meta), 0)
    (folder / "NDTiffStack.tif").write_bytes(content)
    (folder / "NDTiff.index").write_bytes(index)


def mm_stacks(
    folder: Path,
    positions: np.ndarray,
    channels: tuple[str, ...],
    says: Callable[[int, int], dict[str, Any]] = lambda position, time: {},
) -> list[Path]:
    """Micro-Manager's OME-TIFF, a file a position, (positions, times, channels, height, width)."""
    folder.mkdir(exist_ok=True)
    n, n_t, n_c, height, width = positions.shape
    names = [f"run_MMStack_Pos{k}.ome.tif" for k in range(n)]
    summary = {
        "MicroManagerVersion": "2.0.3", "Prefix": "run", "Frames": n_t, "Channels": n_c,
        "Positions": n, "Slices": 1, "TimeFirst": False, "SlicesFirst": False,
        "ChNames": list(channels), "Interval_ms": 500,
    }  # fmt: skip
    words = json.dumps(summary).encode()
    words += b" " * (len(words) % 2)
    for p, name in enumerate(names):
        content = bytearray(40) + words
        entries = []
        for t, c in np.ndindex(n_t, n_c):
            image = positions[p, t, c]
            told = {"Camera": "Cam", "Exposure-ms": 20, "Cam-Binning": "2", **says(p, t)}
            meta = json.dumps(told).encode()
            meta += b" " * (len(meta) % 2)
            at, n_tags = len(content), 13
            pixels_at = at + 2 + 12 * n_tags + 4
            ratio_at = pixels_at + image.nbytes
            meta_at = ratio_at + 16
            after = meta_at + len(meta)
            tags = [
                (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1),
                (262, 3, 1, 1), (273, 4, 1, pixels_at), (277, 3, 1, 1), (278, 4, 1, height),
                (279, 4, 1, image.nbytes), (282, 5, 1, ratio_at), (283, 5, 1, ratio_at + 8),
                (296, 3, 1, 3), (51123, 2, len(meta), meta_at),
            ]  # fmt: skip
            assert pixels_at == at + 162
            last = (t, c) == (n_t - 1, n_c - 1)
            content += struct.pack("<H", n_tags)
            content += b"".join(struct.pack("<HHII", *one) for one in tags)
            content += struct.pack("<I", 0 if last else after)
            content += image.astype("<u2").tobytes() + struct.pack("<4I", 1, 1, 1, 1) + meta
            entries.append((c, 0, t, p, at))
        index_at = len(content)
        content += struct.pack("<II", 3453623, len(entries))
        content += b"".join(struct.pack("<5I", *one) for one in entries)
        comments_at = len(content)
        content += struct.pack("<II", 84720485, 2) + b"{}"
        content[:40] = struct.pack(
            "<HHIIIIIIIII", 0x4949, 42, 40 + len(words), 54773648, index_at, 483765892, 0, 99384722,
            comments_at, 2355492, len(words),
        )  # fmt: skip
        (folder / name).write_bytes(content)
    return [folder / name for name in names]


def companion(folder: Path, images: np.ndarray) -> Path:
    """OME-XML that describes plain TIFF files beside it, one a time."""
    blocks = []
    for t, image in enumerate(images):
        name = f"t{t}.ome.tif"
        only = '<BinaryOnly MetadataFile="run.companion.ome" UUID="urn:uuid:0"/>'
        tifffile.imwrite(
            folder / name, image, metadata=None,
            description=f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{t + 1}">{only}</OME>',
        )  # fmt: skip
        blocks.append(
            f'<TiffData FirstT="{t}" IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{t + 1}</UUID></TiffData>'
        )
    n, height, width = images.shape
    (folder / "run.companion.ome").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:0">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="{width}" SizeY="{height}" '
        f'SizeZ="1" SizeC="1" SizeT="{n}"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>{"".join(blocks)}</Pixels></Image></OME>'
    )
    return folder / "run.companion.ome"


def ome_files(folder: Path, images: np.ndarray) -> list[Path]:
    """OME-TIFF of a file a time, each of which holds the whole XML."""
    n, height, width = images.shape
    blocks = "".join(
        f'<TiffData FirstT="{t}" IFD="0" PlaneCount="1"><UUID FileName="m{t}.ome.tif">urn:uuid:{t}</UUID></TiffData>'
        for t in range(n)
    )
    for t, image in enumerate(images):
        words = (
            f'<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{t}">'
            f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="{width}" SizeY="{height}" '
            f'SizeZ="1" SizeC="1" SizeT="{n}"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>{blocks}</Pixels></Image></OME>'
        )
        tifffile.imwrite(folder / f"m{t}.ome.tif", image, metadata=None, description=words)
    return [folder / f"m{t}.ome.tif" for t in range(n)]
