"""``hil calibrate``: drive a rig through its recipe, fit, and store what may be trusted."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration
from hil.calibration.photon_transfer.fit import PhotonTransfer
from hil.calibration.recipe import Recipe, Step, plan_recipe
from hil.calibration.stored import to_row
from hil.calibration.validity import Tie, differences, read_again, read_tie
from hil.clock import Clock, SystemClock
from hil.errors import HilError, InputError, SafetyError
from hil.records.frames import FieldFrames
from hil.records.versions import versions
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.spec import CalibrateSpec, RigFile, load_rig_file
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import SupervisedRig, moves_s, supervised_rig
from hil.supervision.watch import Watch

if TYPE_CHECKING:
    from hil.store import CalibrationRecord

# Frames in memory at one time, bytes.
_STACK_BYTES = 256 * 2**20
# Response of real pixels spreads by 0.3 % to 3 %.
_MOST_SPREAD = 0.08
# As adapters call it: Andor, Photometrics, Hamamatsu.
_EM_GAIN = re.compile(r"^(multiplier.?gain|em.?gain|emccd.?gain|sensitivity.?em)", re.IGNORECASE)
# A stack has at least so many frames, however large they are.
_FEWEST = 4


class CalibrationRefused(HilError):
    """The frames show that a calibration of them could not be trusted; nothing was stored.

    Parameters
    ----------
    problems
        Why, in words.
    fit
        What was found all the same, for a plot.
    """

    def __init__(self, problems: tuple[str, ...], fit: CameraCalibration) -> None:
        self.problems = problems
        self.fit = fit
        super().__init__("the calibration is refused: " + "; ".join(problems))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration came to.

    Parameters
    ----------
    fit
        The numbers, with their uncertainties.
    record
        As it was stored.
    tie
        What it holds for.
    database
        Where it lies; no password.
    """

    fit: CameraCalibration
    record: CalibrationRecord
    tie: Tie
    database: str


@dataclass(frozen=True, slots=True)
class CalibrationProgress:
    """How far a calibration has come.

    Parameters
    ----------
    done, total
        Frames.
    words
        What is being done.
    """

    done: int
    total: int
    words: str


def _show_nothing(progress: CalibrationProgress) -> None:
    """Observe without a word."""


def calibrate_rig(
    path: str | Path,
    database: str | None = None,
    *,
    frames: Path | None = None,
    flat: bool = False,
    repeats: int | None = None,
    note: str = "",
    observer: Callable[[CalibrationProgress], None] = _show_nothing,
    stop: StopSwitch | None = None,
    clock: Clock | None = None,
) -> Calibrated:
    """Calibrate the camera of a rig; the rig is parked however it ends.

    Parameters
    ----------
    path
        A rig file with ``[calibrate]``.
    database
        URL; None for the usual one. Made where it is missing.
    frames
        Folder for the maps; None for the usual one.
    flat
        Whether to take the flat field, for maps of the pixels.
    repeats
        Frames at each level, instead of the number in the file.
    note
        A person's words on it.
    observer
        Is shown how it goes.
    stop
        Pressed by somebody to end it.
    clock
        Time.

    Raises
    ------
    InputError
        The file is wrong; nothing was written and nothing moved.
    CalibrationRefused
        The frames do not make a calibration that may be trusted.
    Interrupted
        It was stopped; nothing was stored.
    RigHeld, RigError, StoreError
        The rig or the database could not be used.
    """
    from hil.store import database_exists

    clock = clock or SystemClock()
    file = load_rig_file(path)
    file.needs_camera()
    spec = file.spec.calibrate
    if spec is None:
        raise InputError(
            file.path, "calibrate", "missing, allowed: dark and vary, as hil rig init drafts them"
        )
    if repeats is not None and repeats < _FEWEST:
        raise InputError("--frames", str(repeats), f"allowed: {_FEWEST} or more")
    database_exists(database, made=True)
    with supervised_rig(file, database, frames, clock) as held:
        rig = held.rig
        recipe = rig.run(
            lambda: plan_recipe(spec, file.spec, rig.safety, file.path, repeats=repeats, flat=flat)
        )
        _check_tie(spec, held, recipe, file)
        opened = held.make_database()
        command_s = _command_s(recipe, file)
        detail = {"frames": recipe.n_frames, "varied": recipe.varied, "setup": dict(recipe.setup)}
        with held.in_use("calibrate", detail, stop or StopSwitch(), command_s) as watch:
            transfer, tie = _take_frames(held, watch, recipe, spec, observer, clock)
        observer(CalibrationProgress(recipe.n_frames, recipe.n_frames, "fitting, in the dark"))
        fit = transfer.fit()
        problems = (*fit.problems, *_flat_problems(fit))
        if problems:
            said = {"rig": file.spec.name, "problems": list(problems)}
            opened.event(None, "calibration_refused", clock.now(), said)
            raise CalibrationRefused(problems, fit)
        new = to_row(fit, file, tie, recipe, versions(rig.versions), note, clock.now())
        record = opened.add_calibration(new, fit.arrays())
        return Calibrated(fit, record, tie, opened.url)


def _flat_problems(fit: CameraCalibration) -> tuple[str, ...]:
    """Say that what was taken for a flat field shows a sample: its maps would wreck every frame."""
    maps = fit.maps
    if maps is None or maps.response_spread is None or maps.response_spread <= _MOST_SPREAD:
        return ()
    spread = maps.response_spread
    return (
        f"the flat field is not flat: the response of its pixels spreads by {spread:.0%}"
        f" beside the shading; allowed: {_MOST_SPREAD:.0%}, an empty field, defocused",
    )


def _check_tie(spec: CalibrateSpec, held: SupervisedRig, recipe: Recipe, file: RigFile) -> None:
    """Read what the calibration is going to be tied to; no step may move any of the camera's."""
    rig = held.rig
    try:
        tie = rig.run(lambda: read_tie(rig.spec.name, rig.camera, rig.safety, spec))
    except SafetyError as error:
        raise InputError(file.path, error.key, str(error)) from None
    own = {setting.name for setting in rig.camera.describe()} & set(tie.settings)
    for name in sorted(own):
        asked = {step.settings[name] for step in recipe.steps if name in step.settings}
        if len(asked) > 1:
            listed = " and ".join(repr(value) for value in asked)
            raise InputError(
                file.path,
                "calibrate",
                f"{name} is asked to be {listed}, and changes the camera's noise; allowed: one"
                " value, in [setup] or in calibrate.set",
            )


def _command_s(recipe: Recipe, file: RigFile) -> float:
    """How long one stack may take, moves included, seconds."""
    frame_s = recipe.exposure_ms / 1000 + file.spec.frame_timeout_s
    return moves_s(file.spec) + max(step.n_frames for step in recipe.steps) * frame_s


def _take_frames(
    held: SupervisedRig,
    watch: Watch,
    recipe: Recipe,
    spec: CalibrateSpec,
    observer: Callable[[CalibrationProgress], None],
    clock: Clock,
) -> tuple[PhotonTransfer, Tie]:
    """Go through the steps; the camera must be the same at the end as at the beginning."""
    rig = held.rig
    watch.run(lambda: rig.safety.apply(recipe.setup))
    watch.keep(recipe.setup)
    before = watch.run(lambda: read_tie(rig.spec.name, rig.camera, rig.safety, spec))
    probe = _stack(held, watch, recipe.steps[0], 1, clock)
    transfer = PhotonTransfer(_bit_depth(probe), _em_gain(before))
    done = 0
    with ExitStack() as stack:
        thinker = WorkerThread("hil-calibration")
        stack.callback(thinker.close, wait=False)
        for step in recipe.steps:
            for n in _stack_sizes(step.n_frames, probe.frames[0].nbytes):
                observer(CalibrationProgress(done, recipe.n_frames, str(step)))
                taken = _stack(held, watch, step, n, clock)
                watch.think(partial(_add, transfer, taken, step), thinker)
                done += n
    after = watch.run(lambda: read_again(before, rig.spec.name, rig.camera, rig.safety))
    if changed := differences(before, after):
        raise CalibrationChanged("; ".join(str(change) for change in changed))
    return transfer, before


def _add(transfer: PhotonTransfer, taken: FieldFrames, step: Step) -> None:
    dark, flat = step.kind == "dark", step.kind == "flat"
    transfer.add(taken.frames, taken.exposure_ms, step.light, dark=dark, flat=flat)


class CalibrationChanged(HilError):
    """The camera changed while it was calibrated."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the camera changed while it was calibrated, nothing was stored: {what}")


def _bit_depth(probe: FieldFrames) -> int:
    """Bits of the converter: it ends at 2^m - 1, or above where the well is full earlier."""
    clip_adu = int(probe.saturation_adu)
    if (clip_adu + 1) & clip_adu == 0:
        return clip_adu.bit_length()
    # Noise is added to a full well, so that values lie above it, too.
    return min((clip_adu + clip_adu // 8).bit_length(), 8 * probe.frames.dtype.itemsize)


def _em_gain(tie: Tie) -> float:
    """Electron multiplication as the camera reports it; 1 where it has none."""
    found = [
        float(value)
        for name, value in tie.settings.items()
        if _EM_GAIN.search(name.rpartition(".")[2]) and not isinstance(value, str)
    ]
    return max([1.0, *found])


def _stack_sizes(n_frames: int, frame_bytes: int) -> list[int]:
    """Share frames out evenly among stacks that memory holds."""
    largest = max(_FEWEST, _STACK_BYTES // max(1, frame_bytes))
    n_stacks = -(-n_frames // largest)
    return [(n_frames + i) // n_stacks for i in range(n_stacks)]


def _stack(held: SupervisedRig, watch: Watch, step: Step, n: int, clock: Clock) -> FieldFrames:
    """Take n frames at the settings of a step."""
    rig = held.rig
    capture = Capture(rig.safety, rig.camera, (step.settings,), n, rig.spec.frame_timeout_s, clock)
    return watch.run(partial(capture.field, 0))
