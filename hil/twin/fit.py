"""``fit``: recorded frames and a simulated rig to a twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hil.errors import InputError
from hil.twin.aliased import fit_aliased
from hil.twin.data import TrialData, TrialFrames, take_in
from hil.twin.doubts import Doubt, doubts
from hil.twin.gain import found_noise, gain_of, with_noise
from hil.twin.known import least_squares, start_of_light
from hil.twin.likelihood import Likelihood
from hil.twin.optimise import (
    APPROXIMATION_SCALES,
    Optimum,
    covariance,
    newton,
    wider,
    windowed,
)
from hil.twin.residuals import residuals
from hil.twin.signs import best_signs
from hil.twin.twin import Gain, Twin
from hil.twin.whole_scenes import all_scenes_of, floor_of, only
from sim.parts.unknown import SceneOptics, Settings

MOST_SAMPLES = 1_300_000
"""The optics are told by so many pixels and samples around them; fields beyond are left aside."""


@dataclass(slots=True)
class _State:
    """What a later fit of a few more frames begins with."""

    curvature: torch.Tensor


def fit(
    trials: Sequence[TrialFrames],
    optics: SceneOptics,
    *,
    start: Twin | Sequence[float] | None = None,
    all_scenes: bool = True,
    places: Sequence[Settings] | None = None,
    gain: bool = False,
    suspects: Sequence[str] = (),
) -> Twin:
    """Fit a rig's unknowns, and the scenes, to frames by maximum likelihood.

    Parameters
    ----------
    trials
        Frames at known settings, the same fields of view in all of them.
    optics
        The rig: `hil.replay.twinned.optics_of` gives that of a rig file.
    start
        An earlier twin of fewer frames, or values; then no start is searched for.
    all_scenes
        Whether scenes of all fields are wanted, and not of those alone that the optics were fitted
        to.
    places
        Of each field, in a scene that is known (`SceneOptics.with_further`).
    gain
        Whether the noise model's gain is unknown, too.
    suspects
        Of `SceneOptics.further`: what is taken as said, and doubted where the frames speak against
        it (`Twin.doubts`), as the camera's offset is. Not with known scenes.

    Raises
    ------
    InputError
        For frames of another shape than the rig's, or a noise model with maps.
    """
    data = _data(trials, optics)
    settings = [one.settings for one in trials]
    try:
        grid = optics.grid(settings)
    except ValueError as error:
        raise InputError("twin", "settings", str(error)) from None
    if optics.aliased:
        return fit_aliased(optics, settings, data, _start(optics, start), all_scenes, gain)
    n_fields = len(data[0].y)
    used = max(1, min(n_fields, MOST_SAMPLES // (len(data) * grid[0] * grid[1])))
    chosen = np.unique(np.linspace(0, n_fields - 1, used).round().astype(int)).tolist()
    few = [only(one, chosen) for one in data]
    if places is None:
        if optics.scene_known:
            raise InputError("twin", "places", "missing: a known scene needs them")
        likelihood, found = _unknown_scenes(optics, settings, few, start)
    else:
        known = torch.from_numpy(optics.known_scenes(places, grid))
        likelihood, found = _known_scenes(optics, settings, few, known[chosen], start)
    told = None
    if gain:
        told, data = _gain(likelihood, found, data)
        few = [only(one, chosen) for one in data]
        if places is None:
            likelihood, found = _unknown_scenes(optics, settings, few, found.values.tolist())
        else:
            likelihood = Likelihood(optics, settings, few, likelihood.known)
            likelihood.learn(found.values, found.d)
            found = least_squares(likelihood, optics.unknowns, found.values)
    scale = torch.tensor([one.scale for one in optics.unknowns], dtype=torch.float64)
    known_to = covariance(found.curvature, scale)
    spread = likelihood.scatter(found.values, found.d, (0.1 * scale).tolist())
    known_to = wider(known_to, known_to @ spread @ known_to, scale)
    known_to = known_to + torch.diag((APPROXIMATION_SCALES * scale).square())
    left = residuals(likelihood, found.values, found.d)
    scenes = likelihood.scenes(found.d)
    floor, grain = (0.0, 0.0), torch.zeros(1)
    doubted: tuple[Doubt, ...] = ()
    if places is None:
        at = (found.values, found.curvature, found.d)
        if suspects or all_scenes:
            doubted = doubts(likelihood, optics, suspects, *at)
        if all_scenes:
            scenes, grain = all_scenes_of(optics, settings, data, likelihood, found.values)
        floor = floor_of(data if all_scenes else few, likelihood, found.values)
    return Twin(
        optics,
        found.values,
        known_to,
        found.converged,
        left,
        scenes.numpy().astype(np.float32),
        floor,
        found.rounds,
        told,
        doubted,
        grain.numpy().astype(np.float32),
        _State(found.curvature),
    )


def _unknown_scenes(
    optics: SceneOptics,
    settings: Sequence[Settings],
    data: Sequence[TrialData],
    start: Twin | Sequence[float] | None,
) -> tuple[Likelihood, Optimum]:
    likelihood = Likelihood(optics, settings, data)
    values = _start(optics, start)
    likelihood.begin(values)
    if start is None:
        values, curvature = best_signs(likelihood, optics.unknowns, values, most=60)
    else:
        values, curvature = windowed(likelihood, optics.unknowns, values, most=15)
    return likelihood, newton(likelihood, optics.unknowns, values, curvature, None)


def _known_scenes(
    optics: SceneOptics,
    settings: Sequence[Settings],
    data: Sequence[TrialData],
    known: torch.Tensor,
    start: Twin | Sequence[float] | None,
) -> tuple[Likelihood, Optimum]:
    """Begin with what frames alone tell, as if the scenes were not known."""
    likelihood = Likelihood(optics, settings, data, known)
    values = _start(optics, start)
    if start is None:
        names = [one.name for one in optics.unknowns]
        blind = optics.with_further([name for name in names if name in optics.further])
        _, found = _unknown_scenes(blind, settings, data, None)
        for one, value in zip(blind.unknowns, found.values, strict=True):
            values[names.index(one.name)] = value
        values = start_of_light(likelihood, optics, values)
    likelihood.learn(values, torch.zeros(1))
    return likelihood, least_squares(likelihood, optics.unknowns, values)


def _gain(
    likelihood: Likelihood, found: Optimum, data: Sequence[TrialData]
) -> tuple[Gain, list[TrialData]]:
    """Tell the gain, and give the data the noise that goes with it."""
    noise = found_noise(likelihood, found.values, found.d)
    return gain_of(data, noise.slope, noise.sd), [with_noise(one, noise.slope) for one in data]


def _data(trials: Sequence[TrialFrames], optics: SceneOptics) -> list[TrialData]:
    if not trials:
        raise InputError("twin", "trials", "no frames, allowed: one trial at least")
    fields = min(len(one.frames) for one in trials)
    data = []
    for number, one in enumerate(trials):
        try:
            wanted = optics.frame_shape(one.settings)
        except ValueError as error:
            raise InputError("twin", f"trial {number}", str(error)) from None
        shape = one.frames.shape[-2:]
        if one.frames.ndim != 4 or shape != wanted:
            raise InputError(
                "twin",
                f"trial {number}",
                f"frames of {one.frames.shape[2:]} pixels, and the rig's camera gives {wanted}",
            )
        data.append(take_in(one, optics.converter(one.settings), range(fields)))
    return data


def _start(optics: SceneOptics, start: Twin | Sequence[float] | None) -> torch.Tensor:
    if isinstance(start, Twin):
        return start.values.clone()
    if start is not None:
        return torch.tensor(start, dtype=torch.float64)
    return torch.tensor([one.start for one in optics.unknowns], dtype=torch.float64)
