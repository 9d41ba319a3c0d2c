"""A trial's frames with what other programs ask of them: axes, pixel size, names."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.types import Pixels
from hil.session.objectives import binning_of

if TYPE_CHECKING:
    from hil.store import Database
    from hil.store.records import SessionRecord


@dataclass(frozen=True, slots=True)
class TrialStack:
    """Frames of one trial.

    Parameters
    ----------
    pixels
        (n_fields, n_repeats, [channels,] height, width), ADU.
    pixel_size_um
        Side of a pixel at the sample, with its binning; NaN where no file says.
    exposure_ms, saturation_adu
        Read back from the camera.
    fields
        Which fields of the session's list these are.
    title
        Names session and trial.
    about
        What is known of the trial, as JSON: ids, number, settings as read back.
    """

    pixels: Pixels
    pixel_size_um: float
    exposure_ms: float
    saturation_adu: int
    fields: tuple[int, ...]
    title: str
    about: Mapping[str, Any]

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels; empty where a frame is one image."""
        n = self.pixels.shape[2] if self.pixels.ndim == 5 else 0
        return tuple(f"channel {i}" for i in range(n))

    @property
    def repeats_first(self) -> Pixels:
        """(n_repeats, [channels,] n_fields, height, width): the order that OME asks for."""
        order = (1, 0, 2, 3) if self.pixels.ndim == 4 else (1, 2, 0, 3, 4)
        return self.pixels.transpose(order)


def trial_stack(database: Database, session: str, number: int) -> TrialStack:
    """Read a trial's frames, compared with their checksums.

    Raises
    ------
    InputError
        There is no such trial.
    StoreError
        Its frames were not kept, or are damaged.
    """
    record = database.session(session)
    pixels = database.frames(record.id, number)
    kept = next(one for one in database.kept(record.id) if one.number == number)
    settings = _settings(database, record.id, number)
    return TrialStack(
        pixels=pixels,
        pixel_size_um=_pixel_size_um(record, settings),
        exposure_ms=kept.exposure_ms,
        saturation_adu=kept.saturation_adu,
        fields=kept.fields,
        title=f"{record.name}, trial {number}",
        about={
            "session": record.id,
            "session_name": record.name,
            "rig": record.rig,
            "trial": number,
            "fields": list(kept.fields),
            "exposure_ms": kept.exposure_ms,
            "saturation_adu": kept.saturation_adu,
            "settings": settings,
        },
    )


def _settings(database: Database, session: str, number: int) -> dict[str, Any]:
    """Give a trial's settings as read back."""
    rows = database.trials(session, where=[f"number = {number}"])
    named = {name: rows[name].iloc[0] for name in rows.columns if "." in name}
    plain = {
        name: value.item() if hasattr(value, "item") else value for name, value in named.items()
    }
    return {name: value for name, value in plain.items() if value is not None and value == value}


def _pixel_size_um(record: SessionRecord, settings: Mapping[str, Any]) -> float:
    """Multiply the unbinned pixel of the rig file with the trial's binning."""
    try:
        rig = tomllib.loads(record.rig_text)
    except tomllib.TOMLDecodeError:  # a rig that this program wrote, as JSON
        return math.nan
    size = rig.get("optics", {}).get("pixel_size_um")
    if not isinstance(size, int | float):
        return math.nan
    told = record.extra.get("settings", ())
    names = [one["name"] for one in told if one.get("role") == "binning"]
    if not names:
        return float(size)
    found = {**record.extra.get("binning", {}), **rig.get("setup", {}), **settings}
    value = found.get(names[0])  # unknown in sessions of earlier versions that did not move it
    return math.nan if value is None else float(size) * binning_of(value)
