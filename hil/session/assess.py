"""A session's estimator: frames to information, objectives and constraints."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.types import Pixels, Value
from hil.errors import InputError, nearest
from hil.metrics.measure import MetricValues, measure_metrics
from hil.metrics.registry import NamedMetric
from hil.records.estimate import NEED_MORE_FIELDS, Assessment, Estimate, making_wrong
from hil.records.frames import Measurement
from hil.records.imaging import largest_overlap
from hil.records.trial import METRIC, UNDECIDED
from hil.session.objectives import SCALES, Circumstances, light_sensitivity, scaled
from hil.spec import SessionFile, SessionSpec
from hil.spec.metric import metric_of
from hil.spec.objective import LABEL

if TYPE_CHECKING:
    from hil.information.target import AboutTarget
    from hil.noise.model import FlattenedNoise, NoiseModel
    from hil.session.sequence.plane_noise import FrameNoise

_OVERLAP = 0.05  # of a frame that two fields of view may share and count as two


def check_estimator(file: SessionFile) -> None:
    """Refuse an estimator that there is none of, or that cannot do what it is asked for.

    Raises
    ------
    InputError
    """
    from hil.information.registry import (
        estimator_names,
        estimators_that,
        is_estimator,
        traits_of,
    )

    kind = file.spec.estimator.kind
    if not is_estimator(kind):
        raise InputError(
            file.path, "estimator.kind", f"{kind!r}, {nearest(kind, estimator_names())}"
        )
    if file.spec.estimator.subtract_pattern and not traits_of(kind).sees_pattern:
        allowed = ", ".join(estimators_that(lambda own: own.sees_pattern))
        raise InputError(
            file.path,
            "estimator.subtract_pattern",
            f"not with kind = {kind!r}, allowed: {allowed}",
        )


def check_objectives(file: SessionFile, noise: NoiseModel | FlattenedNoise) -> None:
    """Refuse objectives that the rig's noise model does not serve.

    Raises
    ------
    InputError
    """
    from hil.noise.electrons import counts_electrons

    if "bits_per_photon" in file.spec.objective.names and not counts_electrons(noise):
        raise InputError(
            file.path,
            "objective.maximize",
            "bits_per_photon needs a noise model that counts electrons, not gaussian",
        )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the settings of a trial say of it, beside its frames.

    Parameters
    ----------
    excess
        How far settings lie above each bound on light and time.
    planned_mj
        Light of a trial's exposures at the sample; for trials whose light was not metered.
    pixel_um2
        Area of a pixel at the sample; NaN where it is not known.
    places
        Settings of each field of view, in the order of their indices.
    """

    excess: Callable[[Mapping[str, Value]], Mapping[str, float]]
    planned_mj: Callable[[Mapping[str, Value]], float]
    pixel_um2: Callable[[Mapping[str, Value]], float]
    places: Sequence[Mapping[str, Value]] = ()

    def overlap(
        self, fields: Sequence[int], shape: tuple[int, ...], settings: Mapping[str, Value]
    ) -> float:
        """Give the largest share of a frame (..., H, W) that two of the fields both show."""
        side_um = math.sqrt(self.pixel_um2(settings))
        places = [self.places[index] for index in fields if index < len(self.places)]
        return largest_overlap(places, shape[-2] * side_um, shape[-1] * side_um)


class SessionAssessor:
    """Implements `hil.session.ports.Assessor`; the same estimator for all trials of a session.

    Parameters
    ----------
    spec
        The session.
    noise_at
        The rig's noise model at the settings of a trial, or that of each image where they differ;
        built once: its tables are kept.
    around
        What settings say of a trial.
    chosen
        What ``best`` chose in this session's first trial; empty before that.
    noise_variance_relative_sd
        How far the noise model's variance may be wrong, relative, from its calibration.
    estimate
        Instead of `hil.information.estimate_information`, with the same arguments.
    planes
        Names of the images of a sequence, whose own information is told beside that of all.
    metrics
        Computed from the same frames.
    """

    def __init__(
        self,
        spec: SessionSpec,
        noise_at: Callable[[Mapping[str, Value]], FrameNoise],
        around: Surroundings,
        chosen: str = "",
        noise_variance_relative_sd: float = 0.0,
        estimate: Callable[..., Estimate] | None = None,
        planes: tuple[str, ...] = (),
        metrics: tuple[NamedMetric, ...] = (),
    ) -> None:
        self._spec = spec
        self._kind = chosen or spec.estimator.kind
        self._noise_at = noise_at
        self._noise_sd = noise_variance_relative_sd
        self._estimated = estimate
        self._around = around
        self._planes = planes
        self._metrics = metrics

    def assess(self, measurement: Measurement, settings: Mapping[str, Value]) -> Assessment:
        """Estimate; see `hil.session.ports.Assessor`."""
        from hil.information.diagnostics.fixed_pattern import FEW_FIELDS

        spec = self._spec
        n_fields = len(measurement.frames) - measurement.n_blanks
        frames = measurement.frames[:n_fields]
        noise = self._noise_at(settings)
        estimate = self._estimate(frames, noise, measurement.saturation_adu)
        # The slack of a bound differs between estimators: `best` chooses once for all trials.
        self._kind = str(estimate.details.get("chosen", self._kind))
        dose_mj = measurement.dose_mj
        if math.isnan(dose_mj):
            share = n_fields / self._spec.measure.n_fields if measurement.fields else 1.0
            dose_mj = self._around.planned_mj(settings) * share
        details: dict[str, Any] = {**estimate.details, "dose_mj": dose_mj}
        if measurement.fields:
            details["fields"] = sorted(measurement.fields)
        bits = (estimate.bits_per_pixel, estimate.ci_low, estimate.ci_high)
        said = measurement.flags
        taken = measurement.fields or range(n_fields)
        if (share := self._around.overlap(taken, frames.shape, settings)) > _OVERLAP:
            details["fields_overlap_share"] = share
            said = (*said, "fields_overlap")
        flags = {*estimate.flags, *said}
        if measurement.n_blanks:
            blanks = measurement.frames[n_fields:]
            blank = self._estimate(blanks, noise, measurement.saturation_adu)
            details["blank"] = _record(blank)
            if spec.objective.minus_blank:
                flags |= set(blank.flags)
                bits = _difference(estimate, blank)
        if self._planes:
            own = noise if isinstance(noise, tuple) else (noise,) * len(self._planes)
            images = zip(self._planes, np.moveaxis(frames, 2, 0), own, strict=True)
            details["planes"] = [
                {"name": name, **_record(self._estimate(image, one, measurement.saturation_adu))}
                for name, image, one in images
            ]
        around = self._circumstances(measurement, frames, noise, settings, dose_mj)
        details |= {
            "electrons_per_frame": around.frame_electrons,
            "seconds_per_frame": around.frame_s,
        }
        if spec.reference is not None:
            details |= self._sensitivity(frames, noise, bits[0], around)
        found = measure_metrics(self._metrics, frames, noise, settings)
        details |= found.to_details()
        values, interval, further = self._objectives(frames, bits, around, found)
        whole_decides = bool(measurement.fields) and spec.measure.n_fields >= FEW_FIELDS
        constraints = self._constraints(estimate, flags, bits[0], dose_mj, settings, whole_decides)
        return Assessment(
            replace(
                estimate,
                details=details | further,
                flags=(*estimate.flags, *said),
            ),
            values,
            constraints | self._of_metrics(found),
            interval,
            found.absent,
            self._missing(found),
        )

    def _objectives(
        self,
        frames: Pixels,
        bits: tuple[float, float, float],
        around: Circumstances,
        found: MetricValues,
    ) -> tuple[dict[str, float], tuple[float, float], dict[str, Any]]:
        """Give what is maximised, the interval of the first, and details of the estimate."""
        names = self._spec.objective.names
        details: dict[str, Any] = {}
        values = {name: scaled(name, bits[0], around) for name in names if name in SCALES}
        values |= {name: _metric(name, found) for name in names if metric_of(name)}
        first = names[0]
        if metric_of(first):
            interval, details["objective_fields"] = _of_metric(
                first, found, self._spec.estimator.confidence
            )
        else:
            interval = (scaled(first, bits[1], around), scaled(first, bits[2], around))
        if LABEL in names:
            about = self._about_label(frames)
            details["about_label"] = asdict(about)
            values[LABEL] = about.bits
        return {name: values[name] for name in names}, interval, details

    def _of_metrics(self, found: MetricValues) -> dict[str, float]:
        """How far metrics lie outside their bounds."""
        return {
            f"{METRIC}{name}": bound.excess(found.numbers[name].value)
            for name, bound in self._spec.constraints.bounds_of_metrics.items()
            if name in found.numbers
        }

    def _missing(self, found: MetricValues) -> str:
        """Say which metric there is no number of that the session goes by; empty if none is."""
        wanted = [metric_of(name) for name in self._spec.objective.names]
        wanted += self._spec.constraints.bounds_of_metrics
        for name in wanted:
            if name and (why := found.why_not(name)):
                return f"{METRIC}{name} is absent: {why}"
        return ""

    def _estimate(self, frames: Pixels, noise: FrameNoise, saturation_adu: int) -> Estimate:
        from hil.information import estimate_information

        spec = self._spec
        return (self._estimated or estimate_information)(
            frames,
            noise,
            estimator=self._kind,
            patch_size=spec.estimator.patch_size,
            confidence=spec.estimator.confidence,
            seed=spec.seed,
            max_pixels=spec.estimator.max_pixels,
            saturation_adu=saturation_adu,
            max_saturated_share=spec.constraints.max_saturated_share,
            noise_variance_relative_sd=self._noise_sd,
            subtract_pattern=spec.estimator.subtract_pattern,
            lower_bound=spec.estimator.lower_bound,
        )

    def _about_label(self, frames: Pixels) -> AboutTarget:
        """Say what a frame tells of its label."""
        from hil.information.target import label_information

        spec = self._spec
        confidence = spec.estimator.confidence
        labels = np.asarray(spec.measure.labels)
        return label_information(frames, labels, confidence=confidence, seed=spec.seed)

    def _constraints(
        self,
        estimate: Estimate,
        flags: Collection[str],
        bits: float,
        dose_mj: float,
        settings: Mapping[str, Value],
        whole_decides: bool,
    ) -> dict[str, float]:
        limits = self._spec.constraints
        share = float(estimate.details["saturated_share"])
        wrong = set(making_wrong(flags, limits.allow_flags))
        # one scene that is sharper than the pixels looks like a pattern of the camera; more tell
        left = wrong & NEED_MORE_FIELDS if whole_decides else set()
        found = {
            "saturated_share": share - limits.max_saturated_share,
            "flags": float(len(wrong - left)),
        }
        if left:
            found[UNDECIDED] = float(len(left))
        found |= self._around.excess(settings)
        if limits.max_dose_mj is not None:
            found["dose_mj"] = dose_mj - limits.max_dose_mj
        if limits.min_bits_per_pixel is not None:
            found["bits_per_pixel"] = limits.min_bits_per_pixel - bits
        return found

    def _circumstances(
        self,
        measurement: Measurement,
        frames: Pixels,
        noise: FrameNoise,
        settings: Mapping[str, Value],
        dose_mj: float,
    ) -> Circumstances:
        from hil.noise.electrons import counts_electrons, mean_electrons

        n_frames = frames.shape[0] * frames.shape[1]
        values = math.prod(frames.shape[2:])
        electrons = math.nan
        if counts_electrons(noise):
            electrons = mean_electrons(frames, noise) * values
        return Circumstances(
            values=values,
            frame_um2=math.prod(frames.shape[-2:]) * self._around.pixel_um2(settings),
            frame_s=measurement.device_s / n_frames,
            frame_electrons=electrons,
            frame_mj=dose_mj / n_frames,
        )

    def _sensitivity(
        self,
        frames: Pixels,
        noise: FrameNoise,
        bits: float,
        around: Circumstances,
    ) -> dict[str, Any]:
        """Say what drift, of which reference trials tell, does to this trial."""
        from hil.information.light_sensitivity import light_sensitivity_bits

        spec = self._spec
        own = light_sensitivity_bits(frames, noise, spec.estimator.patch_size)
        return {
            "light_sensitivity_bits": own,
            "light_sensitivity": [
                # what light does to anything else nobody knows: it stays as it was measured
                light_sensitivity(name, bits, own, around) if name in SCALES else 0.0
                for name in spec.objective.names
            ],
        }


def _metric(objective: str, found: MetricValues) -> float:
    """Give the value of an objective that is a metric; NaN where there is none."""
    number = found.numbers.get(metric_of(objective))
    if number is None:
        return math.nan
    return -number.value if objective.startswith("-") else number.value


def _of_metric(
    objective: str, found: MetricValues, confidence: float
) -> tuple[tuple[float, float], list[float]]:
    """Give the interval of an objective that is a metric, and its value in each field."""
    number = found.numbers.get(metric_of(objective))
    if number is None:
        return (math.nan, math.nan), []
    low, high = number.interval(confidence)
    if objective.startswith("-"):
        return (-high, -low), [-one for one in number.per_field]
    return (low, high), list(number.per_field)


def _difference(estimate: Estimate, blank: Estimate) -> tuple[float, float, float]:
    """Information less that of blank fields: other scenes, so that both intervals count."""
    bits = estimate.bits_per_pixel - blank.bits_per_pixel
    half = math.hypot(estimate.ci_high - estimate.ci_low, blank.ci_high - blank.ci_low) / 2
    return bits, bits - half, bits + half


def _record(own: Estimate) -> dict[str, Any]:
    return {
        "bits_per_pixel": own.bits_per_pixel,
        "ci_low": own.ci_low,
        "ci_high": own.ci_high,
        "per_field_bits": own.details["per_field_bits"],
        "flags": list(own.flags),
    }
