"""napari's reader of ``hil://SESSION/TRIAL`` and ``hil://SESSION``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.types import Pixels
from hil.errors import InputError, StoreError
from hil.records.imaging import Imaging
from hil.report.frame_files.stack import trial_stack
from hil.store import open_database

if TYPE_CHECKING:
    from hil.store import Database
    from hil.store.frames.access import KeptFrames

Layer = tuple[Any, dict[str, Any], str]
"""Pixels, what napari's layer is told, and its kind."""

# One slash where a path was taken for a file's and made tidy.
_ADDRESS = re.compile(r"hil:/{1,2}(?P<session>[^/]+)(?:/(?P<trial>\d+))?/?")
_COLOURS = ("magenta", "green", "cyan", "yellow", "red", "blue")


def get_reader(path: str | Sequence[str]) -> Callable[[str | Sequence[str]], list[Layer]] | None:
    """Give the reader of an address, or None: see `read`."""
    paths = [path] if isinstance(path, str) else list(path)
    return read if paths and all(_ADDRESS.fullmatch(one) for one in paths) else None


def read(path: str | Sequence[str]) -> list[Layer]:
    """Read a trial, or a session whose trials are the first axis.

    The database is ``$HIL_DATABASE``, else ``hil.db`` in the working folder; it is only read.

    Raises
    ------
    HilError
        There is no such session or trial, or its frames were not kept or are damaged.
    """
    paths = [path] if isinstance(path, str) else list(path)
    layers: list[Layer] = []
    with open_database(read_only=True) as database:
        for one in paths:
            found = _ADDRESS.fullmatch(one)
            if found is None:
                raise InputError("napari", one, "allowed: hil://SESSION or hil://SESSION/TRIAL")
            if found["trial"] is None:
                layers += _session(database, found["session"])
            else:
                layers += _trial(database, found["session"], int(found["trial"]))
    return layers


def _trial(database: Database, session: str, number: int) -> list[Layer]:
    stack = trial_stack(database, session, number)
    told = {**stack.about, "title": stack.title}
    axes = ("field", "repeat")
    return _layers(stack.pixels, stack.title, axes, stack.pixel_size_um, stack.channels, told)


def _session(database: Database, session: str) -> list[Layer]:
    """Give a session's trials one after the other; those of other frames are layers of their own.

    They are read as they are looked at.
    """
    record = database.session(session)
    imaging = Imaging.of(record.name, record.rig_text, record.extra)
    frames = database.frames_of(record.id)
    table = database.trials(record.id, sort="number")
    settings = dict(zip(table["number"], table["settings"], strict=True))
    layers: list[Layer] = []
    alike: dict[tuple[Any, ...], list[KeptFrames]] = {}
    for kept in database.kept(record.id):
        if kept.shape is not None:
            size = imaging.size_um(settings[kept.number] or {})
            alike.setdefault((kept.shape[1:], str(size)), []).append(kept)
    if not alike:
        raise StoreError(f"session {record.id[:8]}: no trial's frames were kept")
    for (shape, size), trials in alike.items():
        fields = sorted({field for one in trials for field in one.fields})
        told = {
            "session": record.id,
            "trials": [one.number for one in trials],
            "fields": fields,
            "settings": [dict(settings[one.number] or {}) for one in trials],
        }
        channels = imaging.channel_names(shape[1]) if len(shape) == 4 else ()
        title = f"{record.name}, trials"
        axes = ("trial", "field", "repeat")
        pixels = _slider(frames, trials, fields)
        layers += _layers(pixels, title, axes, float(size), channels, told)
    return layers


def _slider(
    frames: Callable[[int], Pixels], trials: Sequence[KeptFrames], fields: Sequence[int]
) -> Any:
    """Stack trials, (trials, fields, ...), each read when it is looked at; black where none is."""
    import dask.array as da

    first = frames(trials[0].number)
    shape = (1, len(fields), *first.shape[1:])

    def load(block_info: Any = None) -> Pixels:
        kept = trials[block_info[None]["chunk-location"][0]]
        read = frames(kept.number)
        whole = np.zeros(shape, read.dtype)
        whole[0, [fields.index(field) for field in kept.fields]] = read
        return whole

    chunks = ((1,) * len(trials), *[(size,) for size in shape[1:]])
    return da.map_blocks(load, chunks=chunks, dtype=first.dtype, meta=np.empty((0,), first.dtype))


def _layers(
    pixels: Any,
    title: str,
    axes: tuple[str, ...],
    pixel_size_um: float,
    channels: Sequence[str],
    told: Mapping[str, Any],
) -> list[Layer]:
    """Give one layer a channel, with scale, names of axes, and what is known of its trials."""
    known = not math.isnan(pixel_size_um)
    size, unit = (pixel_size_um, "um") if known else (1.0, "pixel")
    shared = {
        "scale": (*[1.0] * len(axes), size, size),
        "axis_labels": (*axes, "y", "x"),
        "units": (*["pixel"] * len(axes), unit, unit),
        "metadata": {"hil": dict(told)},
    }
    if not channels:
        return [(pixels, {"name": title, **shared}, "image")]
    return [
        (
            pixels[..., index, :, :],
            {
                "name": f"{title}, {name}",
                "colormap": _COLOURS[index % len(_COLOURS)],
                "blending": "additive",
                **shared,
            },
            "image",
        )
        for index, name in enumerate(channels)
    ]
