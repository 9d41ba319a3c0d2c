"""Calibrations in the database: from a fit to a row, and from a row to a noise model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hil.calibration.camera_calibration import CameraCalibration
from hil.calibration.recipe import Recipe
from hil.calibration.tie import Tie
from hil.spec import RigFile

if TYPE_CHECKING:
    from hil.information.noise_model import NoiseModel
    from hil.store import CalibrationRecord, Database, NewCalibration


@dataclass(frozen=True, slots=True)
class StoredNoise:
    """A noise model that was measured.

    Parameters
    ----------
    id
        Of the calibration.
    model
        What estimators take.
    variance_relative_sd
        How far the model's variance may be wrong, relative.
    tie
        The camera as it was.
    """

    id: str
    model: NoiseModel
    variance_relative_sd: float
    tie: Tie


def to_row(
    calibration: CameraCalibration,
    rig: RigFile,
    tie: Tie,
    recipe: Recipe,
    versions: Mapping[str, str],
    note: str,
    at: datetime,
) -> NewCalibration:
    """Write a calibration for the database; its maps go beside the frames, see `arrays`."""
    from hil.store import NewCalibration, new_id

    return NewCalibration(
        id=new_id(),
        rig=rig.spec.name,
        rig_text=rig.text,
        camera=rig.spec.camera,
        noise={
            "kind": "camera",
            "gain_e_per_adu": calibration.gain_e_per_adu,
            "gain_sd": calibration.gain_e_per_adu_sd,
            "offset_adu": calibration.offset_adu,
            "offset_sd": calibration.offset_adu_sd,
            "read_noise_e": calibration.read_noise_e,
            "read_noise_sd": calibration.read_noise_e_sd,
            "bit_depth": calibration.bit_depth,
            "noise_variance_relative_sd": calibration.noise_variance_relative_sd,
        },
        detail={
            "fit": calibration.to_json(),
            "tie": tie.to_json(),
            "recipe": [_step_json(step) for step in recipe.steps],
            "versions": dict(versions),
        },
        note=note,
        at=at,
    )


def _step_json(step: Any) -> dict[str, Any]:
    return {"kind": step.kind, "settings": dict(step.settings), "n_frames": step.n_frames}


def fit_of(record: CalibrationRecord, database: Database) -> CameraCalibration:
    """Rebuild the fit of a stored calibration, maps included.

    Raises
    ------
    StoreError
        The maps are gone or damaged.
    """
    return CameraCalibration.from_json(record.detail["fit"], database.calibration_maps(record))


def stored_noise(database: Database, ref: str = "latest") -> StoredNoise:
    """Look a calibration up and build its noise model.

    Examples
    --------
    ::

        with hil.open_database() as database:
            noise = hil.calibration.stored_noise(database, "3f2a")
        hil.estimate_information(
            frames, noise.model, noise_variance_relative_sd=noise.variance_relative_sd
        )

    Raises
    ------
    InputError
        There is none.
    """
    return noise_of(database.calibration(ref))


def noise_of(record: CalibrationRecord) -> StoredNoise:
    """Build the noise model of a stored calibration."""
    from hil.information.camera_noise import CameraNoise

    noise = record.noise
    return StoredNoise(
        record.id,
        CameraNoise(
            gain_e_per_adu=noise["gain_e_per_adu"],
            offset_adu=max(float(noise["offset_adu"]), 0.0),
            read_noise_e=noise["read_noise_e"],
            bit_depth=noise["bit_depth"],
        ),
        float(noise["noise_variance_relative_sd"]),
        Tie.from_json(record.detail["tie"]),
    )
