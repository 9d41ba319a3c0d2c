"""A trial's frames with what other programs ask of them: axes, pixel size, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.types import Pixels
from hil.records.imaging import Imaging

if TYPE_CHECKING:
    from hil.store import Database


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
    channels
        Names of the channels; empty where a frame is one image.
    about
        What is known of the trial, as JSON: ids, number, settings as read back.
    """

    pixels: Pixels
    pixel_size_um: float
    exposure_ms: float
    saturation_adu: int
    fields: tuple[int, ...]
    title: str
    channels: tuple[str, ...]
    about: Mapping[str, Any]

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
    imaging = Imaging.of(record.name, record.rig_text, record.extra)
    return TrialStack(
        pixels=pixels,
        pixel_size_um=imaging.size_um(settings),
        exposure_ms=kept.exposure_ms,
        saturation_adu=kept.saturation_adu,
        fields=kept.fields,
        title=f"{record.name}, trial {number}",
        channels=imaging.channel_names(pixels.shape[2]) if pixels.ndim == 5 else (),
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
