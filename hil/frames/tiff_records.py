"""What TIFF files say beside their pixels: names of channels, camera, exposure, positions.

By OME-XML, ImageJ's labels and Micro-Manager's summary and metadata. Whatever cannot be understood
is left out: it is for people, and no number depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hil.errors import InputError

_MICROMANAGER = 51123  # tag of a frame's own metadata
_OF_SUMMARY = {"Positions": "positions", "Frames": "times", "Slices": "slices"}
_OF_SUMMARY |= {"StartTime": "started", "Interval_ms": "interval_ms", "z-step_um": "z_step_um"}
_OF_FRAME = {"Camera": "camera", "Core-Camera": "camera", "Exposure-ms": "exposure_ms"}
_OF_FRAME |= {"Binning": "binning", "BitDepth": "bit_depth", "PixelSizeUm": "pixel_size_um"}
_OF_FRAME |= {"ROI": "region"}


def companion(path: Path, file: Any) -> Path | None:
    """Name the file that holds this one's OME-XML, where it is another.

    Raises
    ------
    InputError
        Where that is not there.
    """
    root = _ome(file)
    node = (
        None
        if root is None
        else next((one for one in root if one.tag.endswith("BinaryOnly")), None)
    )
    if node is None or not node.get("MetadataFile"):
        return None
    found = path.parent / Path(str(node.get("MetadataFile"))).name
    if not found.is_file():
        raise InputError(
            path, "", f"is described by {found.name}, which is not beside it; allowed: both"
        )
    if found.suffix.lower() in (".tif", ".tiff"):
        raise InputError(path, "", f"is a part of {found.name}; allowed: that one")
    return found


def channel_names(file: Any) -> tuple[str, ...]:
    """Names of the channels, empty where they are not all named."""
    root = _ome(file)
    if root is not None:
        pixels = next((one for one in root.iter() if one.tag.endswith("}Pixels")), None)
        channels = [] if pixels is None else [c for c in pixels if c.tag.endswith("}Channel")]
        names = tuple(str(one.get("Name") or "") for one in channels)
        if names and all(names):
            return names
    return names_of_summary(_summary(file))


def names_of_summary(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the channels in Micro-Manager's summary."""
    names = summary.get("ChNames")
    if isinstance(names, str):  # older versions write a list into a string
        try:
            names = json.loads(names)
        except (ValueError, RecursionError):
            return ()
    return tuple(map(str, names)) if isinstance(names, list) and all(names) else ()


def recorded(file: Any) -> dict[str, str]:
    """Read what Micro-Manager says of how the frames were taken."""
    page = file.pages.first
    tag = page.tags.get(_MICROMANAGER)
    frame = tag.value if tag is not None and isinstance(tag.value, dict) else {}
    return of_micromanager(_summary(file), frame)


def of_micromanager(summary: Mapping[str, Any], frame: Mapping[str, Any]) -> dict[str, str]:
    """Pick what matters from a summary and the metadata of one frame."""
    found = {said: summary[key] for key, said in _OF_SUMMARY.items() if key in summary}
    found |= {said: frame[key] for key, said in _OF_FRAME.items() if key in frame}
    camera = found.get("camera")
    if camera is not None and f"{camera}-Binning" in frame:
        found["binning"] = frame[f"{camera}-Binning"]
    positions = summary.get("StagePositions")
    if isinstance(positions, list) and positions:
        found["positions"] = len(positions)
    return {key: _brief(value) for key, value in found.items() if value not in (None, "", 0)}


def _brief(value: Any) -> str:
    words = value if isinstance(value, str) else json.dumps(value)
    return " ".join(words.split())[:120]


def _summary(file: Any) -> Mapping[str, Any]:
    found = (file.micromanager_metadata or {}).get("Summary")
    return found if isinstance(found, dict) else {}


def _ome(file: Any) -> ElementTree.Element | None:
    words = file.ome_metadata
    try:
        return ElementTree.fromstring(words) if words else None
    except ElementTree.ParseError:
        return None
