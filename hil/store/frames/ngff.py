"""OME-NGFF 0.5 metadata of a trial's frames: axes, scale, names of channels.

Repeats come first, being in time, then channels, then fields of view: the order that NGFF asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

_COLOURS = ("FF0000", "00FF00", "0000FF", "00FFFF", "FF00FF", "FFFF00")


def axes(n_channels: int, pixel_size_um: float) -> list[dict[str, str]]:
    """Name the axes in the order and of the types that NGFF allows.

    At most one axis may be of a type of its own, so that fields of view, which are places, count
    as space where there are channels. 0 channels: a frame is one image.
    """
    unit = {} if math.isnan(pixel_size_um) else {"unit": "micrometer"}
    place = [{"name": name, "type": "space", **unit} for name in "yx"]
    repeat = {"name": "repeat", "type": "time"}
    if not n_channels:
        return [repeat, {"name": "field", "type": "field"}, *place]
    channel = {"name": "channel", "type": "channel"}
    return [repeat, channel, {"name": "field", "type": "space"}, *place]


def ngff(
    title: str, channels: Sequence[str], pixel_size_um: float, saturation_adu: int
) -> dict[str, Any]:
    """Give the metadata under ``ome`` of a group whose array ``0`` holds a trial's frames.

    Parameters
    ----------
    title
        Names session and trial.
    channels
        Their names; empty where a frame is one image.
    pixel_size_um
        Side of a pixel at the sample, with its binning; NaN where unknown.
    saturation_adu
        Upper end of the grey scale.
    """
    named = axes(len(channels), pixel_size_um)
    size = 1.0 if math.isnan(pixel_size_um) else pixel_size_um
    scale = [size if axis["name"] in "yx" else 1.0 for axis in named]
    transform = {"type": "scale", "scale": scale}
    image = {
        "name": title,
        "axes": named,
        "datasets": [{"path": "0", "coordinateTransformations": [transform]}],
    }
    said: dict[str, Any] = {"version": "0.5", "multiscales": [image]}
    if channels:
        window = {"min": 0, "start": 0, "end": saturation_adu, "max": saturation_adu}
        said["omero"] = {
            "channels": [
                {"label": name, "color": _COLOURS[i % 6], "active": True, "window": window}
                for i, name in enumerate(channels)
            ]
        }
    return said
