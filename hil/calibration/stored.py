"""Calibrations in the database: from a fit to a row, and from a row to a noise model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.calibration.recipe import Recipe
from hil.calibration.validity import Tie
from hil.errors import InputError
from hil.spec import RigFile

if TYPE_CHECKING:
    from hil.noise.camera import CameraNoise
    from hil.noise.camera_map import CameraMapNoise
    from hil.noise.dual_gain import DualGainNoise
    from hil.noise.model import FlattenedNoise, NoiseModel
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
    others
        Id and tie of the rig's other calibrations, newest first.
    """

    id: str
    model: NoiseModel | FlattenedNoise
    variance_relative_sd: float
    tie: Tie
    others: tuple[tuple[str, Tie], ...] = ()


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
            "kind": "camera" if calibration.above is None else "dual_gain",
            "gain_e_per_adu": calibration.gain_e_per_adu,
            "gain_sd": calibration.gain_e_per_adu_sd,
            "offset_adu": calibration.offset_adu,
            "offset_sd": calibration.offset_adu_sd,
            "read_noise_e": calibration.read_noise_e,
            "read_noise_sd": calibration.read_noise_e_sd,
            "bit_depth": calibration.bit_depth,
            "noise_variance_relative_sd": calibration.noise_variance_relative_sd,
            **_more(calibration),
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


def _more(calibration: CameraCalibration) -> dict[str, Any]:
    """Give what is not known of all cameras."""
    more: dict[str, Any] = {}
    if calibration.saturation_adu is not None:
        more |= {
            "saturation_adu": calibration.saturation_adu,
            "saturation_by": calibration.saturation_by,
        }
    if calibration.step_adu != 1:
        more["step_adu"] = calibration.step_adu
    if (above := calibration.above) is not None:
        more |= {
            "join_adu": above.join_adu,
            "gain_above_e_per_adu": above.gain_e_per_adu,
            "gain_above_sd": above.gain_e_per_adu_sd,
            "offset_above_adu": above.offset_adu,
            "read_noise_above_e": above.read_noise_e,
        }
    return more


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


def stored_noise(
    database: Database, ref: str = "latest", *, rig: str | None = None, maps: bool | None = None
) -> StoredNoise:
    """Look a calibration up and build its noise model.

    Parameters
    ----------
    database
        Where it lies.
    ref
        Id, a unique beginning of one, or ``"latest"``.
    rig
        For ``"latest"``: of the rig of this name.
    maps
        Whether what differs between pixels is corrected; None where a flat field was taken.

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
        There is none, or none with maps.
    StoreError
        Its maps are gone or damaged.
    """
    record = database.calibration(ref, rig=rig)
    flat = "response" in (record.detail.get("maps") or {})
    # gains that differ over the sensor are no number
    flat = flat or record.detail["fit"].get("gain_pattern") is not None
    model: NoiseModel | FlattenedNoise = plain_noise(record)
    two_gains = record.noise["kind"] == "dual_gain"
    if two_gains and maps:
        raise InputError(
            "CALIBRATION", ref, "has two gains by brightness, which go with no maps; allowed: false"
        )
    if not two_gains and (flat if maps is None else maps):
        fit = fit_of(record, database)
        if fit.maps is None:
            raise InputError("CALIBRATION", ref, "has no maps; `hil calibrate --flat` makes them")
        model = mapped_noise(fit, fit.maps)
    sd = float(record.noise["noise_variance_relative_sd"])
    others = tuple(
        (key, Tie.from_json(tie))
        for key, tie in database.calibration_ties(record.rig)
        if key != record.id
    )
    return StoredNoise(record.id, model, sd, Tie.from_json(record.detail["tie"]), others)


def plain_noise(record: CalibrationRecord) -> CameraNoise | DualGainNoise:
    """Build the model of pixels that are all alike."""
    from hil.noise.camera import CameraNoise
    from hil.noise.dual_gain import DualGainNoise

    noise = record.noise
    if noise["kind"] == "dual_gain":
        keys = ("gain_e_per_adu", "read_noise_e", "join_adu", "gain_above_e_per_adu")
        more = ("read_noise_above_e", "offset_above_adu", "bit_depth")
        values = {key: noise[key] for key in (*keys, *more)}
        return DualGainNoise(
            offset_adu=max(float(noise["offset_adu"]), 0.0),
            saturation_adu=_clip_adu(
                noise.get("saturation_adu"), noise["bit_depth"], noise["join_adu"]
            ),
            **values,
        )
    return CameraNoise(
        gain_e_per_adu=noise["gain_e_per_adu"],
        offset_adu=max(float(noise["offset_adu"]), 0.0),
        read_noise_e=noise["read_noise_e"],
        bit_depth=noise["bit_depth"],
        saturation_adu=_clip_adu(
            noise.get("saturation_adu"), noise["bit_depth"], noise["offset_adu"]
        ),
    )


def _clip_adu(saturation_adu: float | None, bit_depth: int, above_adu: float) -> float | None:
    """Where the model clips below its top code; None where it does not.

    Parameters
    ----------
    saturation_adu
        As it was measured; of codes that lie a step apart it may be a fraction, and never is below
        the code it stands for.
    above_adu
        What the model needs to lie below a clip.
    """
    top = 2**bit_depth - 1
    clip = None if saturation_adu is None else math.ceil(float(saturation_adu) - 1e-6)
    return None if clip is None or not above_adu < clip < top else float(clip)


def mapped_noise(fit: CameraCalibration, maps: PixelMaps) -> CameraMapNoise:
    """Build the model of pixels that differ; shading counts as their response."""
    from hil.noise.camera_map import CameraMapNoise

    gain: NDArray[np.float64] | float = fit.gain_e_per_adu
    if fit.gain_pattern is not None:
        gain = fit.gain_pattern.map(*maps.usable.shape)
    relative = gain / fit.gain_e_per_adu
    response: NDArray[np.float64] | float = 1.0
    if maps.response is not None and maps.shading is not None:
        # of a flat field in ADU, to electrons
        response = maps.response.astype(np.float64) * maps.shading * relative
    return CameraMapNoise(
        gain_e_per_adu=gain,
        offset_adu=np.maximum(maps.offset_adu.astype(np.float64), 0.0),
        read_noise_e=maps.read_noise_e.astype(np.float64) * relative,
        response=response,
        usable=maps.usable,
        bit_depth=fit.bit_depth,
        saturation_adu=_clip_adu(
            fit.saturation_adu, fit.bit_depth, float(np.mean(maps.offset_adu))
        ),
    )
