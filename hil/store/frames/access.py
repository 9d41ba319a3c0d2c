"""Frames of recorded trials, checked against the checksums in their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection, select

from hil.errors import StoreError
from hil.records.frames import Measurement
from hil.records.trial import OpenTrial
from hil.store.frames import files as frame_files
from hil.store.models import AcquisitionTable, TrialTable


@dataclass(frozen=True, slots=True)
class KeptFrames:
    """What was kept of one trial's frames.

    Parameters
    ----------
    number
        Of the trial.
    fields
        Indices of the fields of view that were measured, ascending.
    n_frames
        Frames taken.
    shape
        Of what was kept, (n_fields, n_repeats, [channels,] height, width); None where nothing is.
    exposure_ms, saturation_adu
        Read back from the camera.
    """

    number: int
    fields: tuple[int, ...]
    n_frames: int
    shape: tuple[int, ...] | None
    exposure_ms: float
    saturation_adu: int

    @property
    def whole(self) -> bool:
        """Whether every frame taken was kept."""
        return self.shape is not None and self.shape[0] * self.shape[1] == self.n_frames


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """Where one trial's frames lie, for who reads them without the database.

    Parameters
    ----------
    folder
        Their array, see `hil.store.frames.files`.
    checksums
        Of each field of view.
    saturation_adu
        Read back from the camera.
    """

    folder: Path
    checksums: Mapping[int, str]
    saturation_adu: int


def kept_frames(
    connection: Connection, session_id: str
) -> list[tuple[int, str | None, list[int], int]]:
    """List what was kept of a session's trials: number, path, fields, and number of axes."""
    query = (
        select(
            TrialTable.number,
            AcquisitionTable.path,
            AcquisitionTable.fields,
            AcquisitionTable.shape,
        )
        .join(AcquisitionTable, AcquisitionTable.trial_id == TrialTable.id)
        .where(TrialTable.session_id == session_id)
    )
    rows = connection.execute(query)
    return [(row.number, row.path, row.fields, len(row.shape or ())) for row in rows]


def read_checked(frames_folder: Path, row: Any, number: int) -> frame_files.StoredPixels:
    """Read the kept frames of an acquisition row, (n_fields, n_repeats, [channels,] height, width).

    Raises
    ------
    StoreError
        None were kept, the files are gone or damaged, or they do not match the checksums.
    """
    return _checked(frames_folder, row, number, row.fields)


def read_field(frames_folder: Path, row: Any, number: int, field: int) -> frame_files.StoredPixels:
    """Read one field of view of an acquisition row, (n_repeats, [channels,] height, width).

    Raises
    ------
    StoreError
        As for `read_checked`.
    """
    pixels: frame_files.StoredPixels = _checked(frames_folder, row, number, [field])[0]
    return pixels


def _checked(
    frames_folder: Path, row: Any, number: int, fields: list[int]
) -> frame_files.StoredPixels:
    if row.path is None:
        raise StoreError(f"trial {number}: its frames were not kept")
    if len(row.fields) != len(row.checksums):
        raise StoreError(f"trial {number}: there is not one checksum for each field")
    pixels = frame_files.read_fields(frames_folder / PurePosixPath(row.path), fields)
    known = dict(zip(row.fields, row.checksums, strict=True))
    for index, field in enumerate(fields):
        if frame_files.checksum(pixels[index]) != known[field]:
            raise StoreError(
                f"trial {number}: field {field} of its frames does not match its checksum"
            )
    return pixels


def read_measurement(connection: Connection, frames_folder: Path, trial: OpenTrial) -> Measurement:
    """Read all frames of a trial as its controller had them.

    Raises
    ------
    StoreError
        As for `read_checked`, or fewer frames were kept than taken.
    """
    row = connection.execute(
        select(AcquisitionTable.__table__).where(AcquisitionTable.trial_id == trial.trial_id)
    ).one_or_none()
    if row is None:
        raise StoreError(f"trial {trial.number} has no frames")
    if row.shape is None or row.shape[0] * row.shape[1] != row.n_frames:
        raise StoreError(f"trial {trial.number}: not all of its frames were kept")
    return Measurement(
        read_checked(frames_folder, row, trial.number),
        row.exposure_ms,
        row.saturation_adu,
        fields=tuple(row.fields) if trial.fields else (),
    )
