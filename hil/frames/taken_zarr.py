"""What Zarr arrays say of their frames, in the metadata of OME-NGFF and in attributes.

The z axis' scale and translation (OME-NGFF), where its unit is one of length; ``frame_meta`` of an
array, as pymmcore-plus writes it; and, of array or group, ``settings`` (a table of names and
values) and attributes that are called ``LABEL.PROPERTY``, which hold for all its frames.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hil.frames.setting_value import setting_value
from hil.frames.taken_imagej import TO_UM

Said = dict[str, float | str]


def of_zarr_array(
    array: Any, axes: str, scales: Mapping[str, Any] | None, group: Mapping[str, Any]
) -> dict[tuple[int, ...], Said]:
    """Give the settings of each frame of an array.

    Parameters
    ----------
    axes
        Of the array before height and width, by letters.
    scales
        Its entry of ``multiscales``; None for none.
    group
        Attributes of the group that it is in.
    """
    attributes = dict(array.attrs)
    shape = tuple(array.shape[: len(axes)])
    whole = {**_plain(group), **_plain(attributes)}
    focus = _positions_um(axes, shape, scales)
    each = _frames(attributes.get("frame_meta"), axes, shape)
    found: dict[tuple[int, ...], Said] = {}
    for at in np.ndindex(*shape):
        told = {**whole}
        if focus is not None:
            told["focus.position_um"] = focus[at[axes.index("Z")]]
        found[at] = {**told, **each.get(at, {})}
    return found


def _plain(attributes: Mapping[str, Any]) -> Said:
    said = attributes.get("settings")
    pairs = list(said.items()) if isinstance(said, Mapping) else []
    pairs += [(name, value) for name, value in attributes.items() if "." in str(name).strip(".")]
    return {
        str(name): ready for name, value in pairs if (ready := setting_value(value)) is not None
    }


def _positions_um(
    axes: str, shape: Sequence[int], scales: Mapping[str, Any] | None
) -> list[float] | None:
    """Multiply and shift as ``coordinateTransformations`` say, of the data set and of all."""
    if scales is None or "Z" not in axes:
        return None
    named = scales.get("axes") or []
    place = axes.index("Z")
    axis = named[place] if place < len(named) else None
    unit = axis.get("unit") if isinstance(axis, Mapping) else None
    if unit not in TO_UM:
        return None
    positions = np.arange(shape[place], dtype=np.float64)
    steps = [
        *(scales["datasets"][0].get("coordinateTransformations") or []),
        *(scales.get("coordinateTransformations") or []),
    ]
    for step in steps:
        for kind, values in step.items():
            if kind not in ("scale", "translation") or place >= len(values):
                continue
            number = setting_value(values[place])
            if number is None or isinstance(number, str):
                return None
            positions = positions * number if kind == "scale" else positions + number
    return [float(one) for one in positions * TO_UM[unit]]


def _frames(metas: Any, axes: str, shape: Sequence[int]) -> dict[tuple[int, ...], Said]:
    found: dict[tuple[int, ...], Said] = {}
    for number, meta in enumerate(metas if isinstance(metas, list) else []):
        if not isinstance(meta, Mapping):
            continue
        index = (meta.get("mda_event") or {}).get("index")
        if isinstance(index, Mapping):
            at = tuple(int(index.get(one.lower(), 0)) for one in axes)
        elif number < math.prod(shape):
            at = tuple(int(k) for k in np.unravel_index(number, tuple(shape)))
        else:
            continue
        found[at] = _of_frame(meta)
    return found


def _of_frame(meta: Mapping[str, Any]) -> Said:
    found: Said = {}
    exposure = setting_value(meta.get("exposure_ms"))
    if isinstance(exposure, float):
        found[f"{meta.get('camera_device') or 'camera'}.exposure_ms"] = exposure
    position = meta.get("position")
    z_um = setting_value(position.get("z")) if isinstance(position, Mapping) else None
    if isinstance(z_um, float):
        found["focus.position_um"] = z_um
    for one in meta.get("property_values") or []:
        if not isinstance(one, Mapping):
            continue
        value = setting_value(one.get("val"))
        if value is not None:
            found[f"{one.get('dev')}.{str(one.get('prop')).replace(' ', '_')}"] = value
    return found
