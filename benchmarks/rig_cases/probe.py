"""Information and figures of merit of a simulated rig at chosen settings of its example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from hil.calibration.rig_noise import noise_entries, noise_model
from hil.clock import SystemClock
from hil.records.estimate import Estimate
from hil.records.frames import Measurement
from hil.rig.capture import Capture
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.session.assess import SessionAssessor, Surroundings
from hil.session.baseline import take_baseline
from hil.session.search_space import resolve
from hil.spec import DriverSpec, load_session_file

MOST_CLIPPED = 1e-3  # as the examples' constraints say


@dataclass(frozen=True, slots=True)
class Probed:
    """What was measured at some settings.

    Parameters
    ----------
    estimate
        Information.
    objective
        The session's first.
    metrics
        Figures of merit by name.
    frames
        (n_fields, repeats, ...) ADU.
    excess
        By how much each constraint of the session is broken; at most 0 is feasible.
    """

    estimate: Estimate
    objective: float
    metrics: Mapping[str, float]
    frames: NDArray[Any]
    excess: Mapping[str, float]


class Probe:
    """An open rig that measures at the fields of a session; use it as a context manager.

    Parameters
    ----------
    session
        A session file.
    options
        Of the rig's first driver, instead of those in the file.
    """

    def __init__(self, session: Path, **options: Any) -> None:
        file = load_session_file(session)
        driver = DriverSpec.model_validate({**file.rig.spec.driver[0].model_dump(), **options})
        spec = file.rig.spec.model_copy(update={"driver": (driver,)})
        self._file = replace(file, rig=replace(file.rig, spec=spec))
        self._rig = Rig(Plan(self._file.rig))
        self._models: dict[tuple[int, ...], Any] = {}

    def __enter__(self) -> Self:
        spec, rig = self._file.spec, self._rig
        rig.setup()
        path = self._file.path
        space = rig.run(lambda: resolve(spec, rig.safety, rig.spec, path))
        self._fixed = dict(space.fixed)
        baseline = rig.run(lambda: take_baseline(spec, space, rig.spec, path))
        self._fields, self.present, self.space = baseline.fields, baseline.start, space
        around = Surroundings(space.excess, space.dose_mj, space.pixel_um2)
        self._estimator = SessionAssessor(spec, self._noise, around)
        return self

    def _noise(self, settings: Mapping[str, Value]) -> Any:
        held = noise_entries(self._rig.noise_conditions, settings)
        if held not in self._models:
            self._models[held] = noise_model(self._file.rig, held)
        return self._models[held]

    def __exit__(self, *error: object) -> None:
        self._rig.__exit__(None, None, None)

    @property
    def truth(self) -> Any:
        """What the simulation hides."""
        return self._rig.truth

    def microscope_scene(self) -> NDArray[np.float32]:
        """Cut out what of a simulated microscope's scene lies under the session's first field."""
        path, field = self._rig.truth.path, self._fields[0]
        one, pitch_um = path.imager.instrument, path.pitch_um
        rows, columns = (
            slice(round(middle - half), round(middle + half))
            for middle, half in (
                (
                    size / 2 + float(field[f"stage.{axis}_um"]) / pitch_um,
                    pixels * one.pixel_um / pitch_um / 2,
                )
                for size, axis, pixels in zip(path.scene.shape, "yx", one.shape_px, strict=True)
            )
        )
        return np.asarray(path.scene[rows, columns])

    def at(
        self,
        settings: Mapping[str, Value],
        repeats: int = 1,
        only: Sequence[int] | None = None,
    ) -> Probed:
        """Measure, at all fields or at some of them."""
        applied, measurement = self._take(settings, repeats, only)
        assessment = self._estimator.assess(measurement, applied)
        objective = next(iter(assessment.objectives.values()))
        return Probed(
            assessment.estimate,
            objective,
            self.truth.metrics(),
            measurement.frames,
            assessment.constraints,
        )

    def longest_unclipped_ms(self, settings: Mapping[str, Value], low: float, high: float) -> float:
        """Find the longest exposure that clips at most a thousandth of the pixels, within 1 %."""
        while high / low > 1.01:
            middle = float(np.sqrt(low * high))
            _, one = self._take({**settings, "camera.exposure_ms": middle}, 1)
            clips = float((one.frames >= one.saturation_adu).mean()) > MOST_CLIPPED
            low, high = (low, middle) if clips else (middle, high)
        return low

    def _take(
        self, settings: Mapping[str, Value], repeats: int, only: Sequence[int] | None = None
    ) -> tuple[Mapping[str, Value], Measurement]:
        rig = self._rig
        fields = self._fields if only is None else [self._fields[i] for i in only]
        capture = Capture(rig.safety, rig.camera, fields, repeats, 10, SystemClock())
        applied = rig.apply({**self._fixed, **settings})
        taken = [rig.run(lambda i=i: capture.field(i)) for i in range(len(fields))]
        frames = np.stack([one.frames for one in taken])
        return applied, Measurement(
            frames, taken[0].exposure_ms, taken[0].saturation_adu, fields=tuple(only or ())
        )
