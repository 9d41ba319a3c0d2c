"""A session's estimator: frames to information, objectives and constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hil.errors import InputError
from hil.ports import Assessment, Estimate, Measurement, Value
from hil.spec import CalibratedNoiseSpec, RigFile, SessionSpec

if TYPE_CHECKING:
    from hil.information.noise_model import FlattenedNoise, NoiseModel

# Objective name -> (estimate, pixels of a frame) -> value. Each holds the light fixed only as far
# as the session file does: see hil.spec.session.Constraints.
OBJECTIVES: dict[str, Callable[[Estimate, int], float]] = {
    "bits_per_pixel": lambda estimate, pixels: estimate.bits_per_pixel,
    "bits_per_frame": lambda estimate, pixels: estimate.bits_per_pixel * pixels,
}


def noise_model(rig: RigFile) -> NoiseModel | FlattenedNoise:
    """Build the noise model that a rig file states.

    Raises
    ------
    InputError
        Naming the rig file and the key.
    """
    from hil.information.noise_kinds import build_noise

    spec = rig.spec.noise
    assert spec is not None and not isinstance(spec, CalibratedNoiseSpec), "see hil.calibration.use"
    try:
        return build_noise(spec, rig.path.parent)
    except InputError as error:
        raise InputError(rig.path, f"noise.{error.key}", error.problem) from None


class SessionEstimator:
    """Implements `hil.ports.Estimator`; the same estimator for all trials of a session.

    Parameters
    ----------
    spec
        The session.
    noise
        The rig's noise model, built once: its tables are kept.
    excess
        How far settings lie above each bound on light and time.
    chosen
        What ``best`` chose in this session's first trial; empty before that.
    noise_variance_relative_sd
        How far the noise model's variance may be wrong, relative, from its calibration.
    """

    def __init__(
        self,
        spec: SessionSpec,
        noise: NoiseModel | FlattenedNoise,
        excess: Callable[[Mapping[str, Value]], Mapping[str, float]],
        chosen: str = "",
        noise_variance_relative_sd: float = 0.0,
    ) -> None:
        self._spec = spec
        self._kind = chosen or spec.estimator.kind
        self._noise = noise
        self._excess = excess
        self._noise_sd = noise_variance_relative_sd

    def assess(self, measurement: Measurement, settings: Mapping[str, Value]) -> Assessment:
        """Estimate; see `hil.ports.Estimator`."""
        from hil.information import estimate_information

        spec = self._spec
        estimate = estimate_information(
            measurement.frames,
            self._noise,
            estimator=self._kind,
            patch_size=spec.estimator.patch_size,
            confidence=spec.estimator.confidence,
            seed=spec.seed,
            saturation_adu=measurement.saturation_adu,
            max_saturated_share=spec.constraints.max_saturated_share,
            noise_variance_relative_sd=self._noise_sd,
        )
        # The slack of a bound differs between estimators: `best` chooses once for all trials.
        self._kind = str(estimate.details.get("chosen", self._kind))
        height, width = measurement.frames.shape[-2:]
        share = float(estimate.details["saturated_share"])
        return Assessment(
            estimate,
            {name: OBJECTIVES[name](estimate, height * width) for name in spec.objective.names},
            {
                "saturated_share": share - spec.constraints.max_saturated_share,
                **self._excess(settings),
            },
        )
