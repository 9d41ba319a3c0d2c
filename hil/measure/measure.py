"""``hil measure``: the information now, how well it repeats, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.sequence import Plane
from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, check_before, check_now, rig_noise
from hil.calibration.stored import StoredNoise
from hil.clock import Clock, SystemClock
from hil.errors import InputError
from hil.measure.advice import advise
from hil.measure.repeatability import Repeatability, judge
from hil.records.estimate import Estimate, lower_bound_in_words
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.guards.frame_watch import FrameWatch
from hil.rig.rig import Rig
from hil.session.baseline import take_baseline
from hil.session.frame_guards import known_noise
from hil.session.search_space import resolve
from hil.session.sequence.plane_noise import PlaneNoise, calibrations
from hil.spec import RigFile, load_rig_file, load_session_file
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import SupervisedRig, moves_s, supervised_rig
from hil.supervision.watch import Watch

if TYPE_CHECKING:
    from drivers.types import Pixels

MEASUREMENTS = 10
# Noise can only be checked where a field is taken more than once.
_FEWEST_REPEATS = 2


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a measurement is made.

    Parameters
    ----------
    fields
        For each field of view, the settings that bring it before the camera.
    fixed
        Settings applied first.
    repeats
        Frames of each field.
    estimator, patch_size, confidence, seed
        As for `hil.estimate_information`.
    planes
        Of an acquisition sequence, one for each channel of a frame.
    """

    fields: tuple[Mapping[str, Value], ...]
    fixed: Mapping[str, Value]
    repeats: int
    estimator: str
    patch_size: int
    confidence: float
    seed: int
    planes: tuple[Plane, ...] = ()

    @property
    def images(self) -> tuple[tuple[str, Mapping[str, Value]], ...]:
        """Name each image of a frame, and what it is taken at."""
        return tuple((plane.name, plane.settings) for plane in self.planes)


@dataclass(frozen=True, slots=True)
class MeasureResult:
    """What ``hil measure`` found.

    Parameters
    ----------
    found
        The numbers.
    brightest_share
        Brightest pixel's share of the camera's range, 0 to 1.
    n_fields, repeats, estimator
        How it was measured.
    settings
        What the camera and the light were set to.
    calibration
        Id of the calibration; None where the rig file states the noise.
    lower_bound
        What bounds the last measurement from below, in words.
    advice
        What to do, in words; empty if all is well.
    stored
        Database that holds it as an event; empty if there is none.
    """

    found: Repeatability
    brightest_share: float
    n_fields: int
    repeats: int
    estimator: str
    settings: Mapping[str, Value]
    calibration: str | None
    lower_bound: str
    advice: tuple[str, ...]
    stored: str

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON."""
        document = asdict(self)
        document["settings"] = dict(self.settings)
        needed = document["found"]["fields_needed"]
        document["found"]["fields_needed"] = {f"{x:g}": n for x, n in needed.items()}
        return document


def _show_nothing(done: int, total: int) -> None:
    """Observe without a word."""


def measure_rig(
    path: str | Path,
    database: str | None = None,
    *,
    frames: Path | None = None,
    session: str | Path | None = None,
    measurements: int = MEASUREMENTS,
    accept_calibration: bool = False,
    observer: Callable[[int, int], None] = _show_nothing,
    stop: StopSwitch | None = None,
    clock: Clock | None = None,
) -> MeasureResult:
    """Measure the information at the present settings several times; the rig is parked at the end.

    ``[setup]`` is applied, as sessions do; beyond it nothing moves but what brings the fields of
    view before the camera. Where there is a database, an event is stored; frames are not.

    Parameters
    ----------
    path
        The rig file, with ``[noise]``.
    database
        URL; None for the usual one. Not made where there is none.
    frames
        Folder with the maps of calibrations; None for the usual one.
    session
        A session file: its fields of view, repeats, estimator and fixed settings are used. Without
        it, one field of view where the stage stands.
    measurements
        How many, at least 3.
    accept_calibration
        Whether a calibration is used that was made for another state of the camera.
    observer
        Told how many measurements are done, of how many.
    stop
        Pressed by somebody to end it.
    clock
        Time.

    Raises
    ------
    InputError, RigHeld, RigError, Interrupted, StoreError
    """
    clock = clock or SystemClock()
    file = load_rig_file(path)
    file.needs_camera()
    if file.spec.noise is None:
        raise InputError(file.path, "noise", "missing: information needs the camera's noise model")
    with supervised_rig(file, database, frames, clock) as held:
        noise = rig_noise(file, held.database)
        scheme = _scheme(held, file, session)
        planned = {**held.rig.safety.targets(file.spec.setup), **scheme.fixed}
        for one in _calibrations(noise, held.rig, scheme):
            check_before(one, held.rig, planned, accept=accept_calibration)
        detail = {"measurements": measurements, "fields": len(scheme.fields)}
        command_s = _command_s(scheme, file)
        with held.in_use("measure", detail, stop or StopSwitch(), command_s) as watch:
            taken = _Taken(held, watch, scheme, noise, accept_calibration, clock)
            estimates = taken.run(measurements, observer)
        found = judge(estimates, scheme.confidence)
        measured = MeasureResult(
            found=found,
            brightest_share=taken.brightest_share,
            n_fields=len(scheme.fields),
            repeats=scheme.repeats,
            estimator=estimates[0].estimator,
            settings=taken.settings,
            calibration=noise.calibration_id,
            lower_bound=lower_bound_in_words(estimates[-1].details, scheme.confidence),
            advice=advise(found, taken.brightest_share, len(scheme.fields)),
            stored=held.database.url if held.database is not None else "",
        )
        if held.database is not None:
            said = {"rig": file.spec.name, **measured.to_json()}
            held.database.event(None, "measured", clock.now(), said)
        return measured


def _scheme(held: SupervisedRig, file: RigFile, session: str | Path | None) -> Scheme:
    if session is None:
        return Scheme(({},), {}, 4, "predictive", 16, 0.95, 0)
    spec = load_session_file(session, file.path).spec
    rig = held.rig
    space = rig.run(lambda: resolve(spec, rig.safety, rig.spec, session))
    baseline = rig.run(lambda: take_baseline(spec, space, rig.spec, session))
    return Scheme(
        fields=baseline.fields,
        fixed=space.fixed,
        repeats=max(spec.measure.repeats, _FEWEST_REPEATS),
        estimator=spec.estimator.kind,
        patch_size=spec.estimator.patch_size,
        confidence=spec.estimator.confidence,
        seed=spec.seed,
        planes=baseline.planes,
    )


def _calibrations(noise: RigNoise, rig: Rig, scheme: Scheme) -> tuple[StoredNoise, ...]:
    return calibrations(noise, rig.noise_conditions, scheme.images, rig.file.path)


def _command_s(scheme: Scheme, file: RigFile) -> float:
    """How long one command may take beside the exposures, seconds."""
    image_s = file.spec.frame_timeout_s + 60
    if scheme.planes:  # with moves in between
        image_s = len(scheme.planes) * (image_s + 3 * moves_s(file.spec))
        image_s += scheme.planes[-1].after_s  # parked and set up again at each interval
    return moves_s(file.spec) + scheme.repeats * image_s


class _Taken:
    """Takes the measurements, and remembers what they were taken at."""

    def __init__(
        self,
        held: SupervisedRig,
        watch: Watch,
        scheme: Scheme,
        noise: RigNoise,
        accept: bool,
        clock: Clock,
    ) -> None:
        self._rig = held.rig
        self._watch = watch
        self._scheme = scheme
        self._noise = noise
        self._accept = accept
        rig = held.rig
        self._first = {**rig.safety.targets(rig.spec.setup), **scheme.fixed}
        self._capture = Capture(
            rig.safety,
            rig.camera,
            scheme.fields,
            scheme.repeats,
            rig.spec.frame_timeout_s,
            clock,
            self._first,
            watch=FrameWatch(lambda settings: known_noise(self._model)),
            planes=scheme.planes,
        )
        self.settings: dict[str, Value] = {}
        self.brightest_share = 0.0

    def run(self, measurements: int, observer: Callable[[int, int], None]) -> list[Estimate]:
        """Set up, then measure again and again."""
        rig = self._rig
        if self._first:
            self._watch.run(self._capture.set_up)
        self._watch.keep(self._first)
        for one in _calibrations(self._noise, rig, self._scheme):
            check_now(one, rig, accept=self._accept)
        shown = [
            name
            for name, setting in rig.safety.settings.items()
            if setting.role in ("exposure", "light", "binning")
        ]
        shown += rig.recorded
        self.settings = self._watch.run(lambda: rig.safety.read(shown))
        images = self._scheme.images
        self._model = PlaneNoise(self._noise, rig.noise_conditions, images).at(self.settings)
        from hil.information.blas_threads import one_blas_thread

        estimates = []
        with ExitStack() as stack:
            stack.enter_context(one_blas_thread())
            thinker = WorkerThread("hil-estimates")
            stack.callback(thinker.close, wait=False)
            for i in range(measurements):
                observer(i, measurements)
                estimates.append(self._one(thinker, lower_bound=i == measurements - 1))
            observer(measurements, measurements)
        return estimates

    def _one(self, thinker: WorkerThread, *, lower_bound: bool) -> Estimate:
        from hil.information import estimate_information

        scheme = self._scheme
        stacks: list[Pixels] = []
        saturation_adu = 0
        for index in range(len(scheme.fields)):
            taken = self._watch.run(partial(self._capture.field, index))
            saturation_adu = taken.saturation_adu
            share = float(taken.frames.max()) / max(saturation_adu, 1)
            self.brightest_share = max(self.brightest_share, share)
            stacks.append(taken.frames)
        flags = self._capture.end_trial()
        frames = np.stack(stacks)
        estimate = self._watch.think(
            lambda: estimate_information(
                frames,
                self._model,
                scheme.estimator,
                scheme.patch_size,
                scheme.confidence,
                scheme.seed,
                saturation_adu=saturation_adu,
                noise_variance_relative_sd=self._noise.variance_relative_sd,
                lower_bound=lower_bound,
            ),
            thinker,
        )
        return replace(estimate, flags=(*estimate.flags, *flags))
