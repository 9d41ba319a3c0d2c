"""What a fit takes of a recording: frames of each trial with what the optics ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivers.replay.recording import RecordedTrial, Recording
from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, noise_entries
from hil.errors import InputError, nearest
from hil.rig.recorded import NoiseWhen
from hil.spec import RigFile
from hil.twin.data import TrialFrames
from sim.parts.unknown import SceneOptics

MOST_TRIALS = 40
"""Of more trials so many are fitted, evenly spread: more tell little more, and take longer."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Frames ready to be fitted.

    Parameters
    ----------
    numbers
        Of the trials in their session.
    trials
        What `hil.twin.fit.fit` takes.
    places
        For each field of view, the settings that place it.
    left_aside
        How many trials there were beside these.
    """

    numbers: tuple[int, ...]
    trials: tuple[TrialFrames, ...]
    places: tuple[Mapping[str, Value], ...]
    left_aside: int


def take_recorded(
    recording: Recording,
    n_fields: int,
    rig: RigFile,
    known: Mapping[str, Value],
    optics: SceneOptics,
    noise: RigNoise,
) -> Recorded:
    """Collect frames and settings.

    Parameters
    ----------
    n_fields
        How many of the recording's places show a sample.
    rig
        The simulated rig's file.
    known
        All of its settings, as they are when it is set up.

    Raises
    ------
    InputError
        The rig lacks a setting that the session moved, or fields of view differ in more than place.
    """
    places = recording.places[:n_fields]
    moved = {name for trial in recording.trials for name in trial.requested}
    for name in sorted(moved | {name for place in places for name in place}):
        if name not in known:
            raise InputError(
                rig.path,
                "driver.0",
                f"the rig has no setting {name!r}, which the session moved,"
                f" {nearest(name, list(known))}",
            )
    _check_places(recording.name, moved, places, optics)
    whole = [one for one in recording.trials if set(range(n_fields)) <= set(one.fields)]
    if not whole:
        raise InputError("SESSION", recording.name, "no trial visited all fields of view")
    spread = np.linspace(0, len(whole) - 1, min(MOST_TRIALS, len(whole))).round().astype(int)
    chosen = [whole[i] for i in spread.tolist()]
    trials = tuple(_trial(recording, one, n_fields, rig, known, optics, noise) for one in chosen)
    field_places = tuple(
        {name: {**known, **recording.present, **place}[name] for name in optics.places}
        for place in places
    )
    aside = len(recording.trials) - len(chosen)
    return Recorded(tuple(one.number for one in chosen), trials, field_places, aside)


def _check_places(
    name: str, moved: set[str], places: Sequence[Mapping[str, Value]], optics: SceneOptics
) -> None:
    for setting in optics.places:
        if setting in moved:
            problem = f"{setting} moved from trial to trial: the scene has to stay"
            raise InputError("SESSION", name, problem)
    others = {setting for place in places for setting in place} - set(optics.places)
    for setting in sorted(others & set(optics.settings)):
        problem = f"fields of view differ in {setting}, allowed: {', '.join(optics.places)}"
        raise InputError("SESSION", name, problem)


def _trial(
    recording: Recording,
    one: RecordedTrial,
    n_fields: int,
    rig: RigFile,
    known: Mapping[str, Value],
    optics: SceneOptics,
    noise: RigNoise,
) -> TrialFrames:
    stood = {**known, **recording.present, **one.targets()}
    stood[f"{recording.camera}.exposure_ms"] = one.exposure_ms or stood.get(
        f"{recording.camera}.exposure_ms", 0.0
    )
    frames = np.stack([recording.pixels(one.number, field) for field in range(n_fields)])
    if frames.ndim != 4:
        raise InputError("SESSION", recording.name, "its frames have channels, allowed: none")
    entries = noise_entries(
        [NoiseWhen(entry.when, entry.channels) for entry in rig.spec.noise_at], stood
    )
    model: Any = noise.under(entries)
    return TrialFrames({name: stood[name] for name in optics.settings}, frames, model)
