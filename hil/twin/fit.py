"""``fit``: recorded frames and a simulated rig to a twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hil.errors import InputError
from hil.twin.data import TrialData, TrialFrames, take_in
from hil.twin.likelihood import Likelihood
from hil.twin.optimise import APPROXIMATION_SCALES, covariance, newton, windowed
from hil.twin.scenes import SceneSolver
from hil.twin.twin import Residual, Twin
from sim.parts.unknown import SceneOptics

MOST_SAMPLES = 1_300_000
"""The optics are told by so many pixels and samples around them; fields beyond are left aside."""
_EVERY = 5


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

    Raises
    ------
    InputError
        For frames of another shape than the rig's, or a noise model with maps.
    """
    data = _data(trials, optics)
    settings = [one.settings for one in trials]
    grid = optics.grid(settings)
    n_fields = len(data[0].y)
    used = max(1, min(n_fields, MOST_SAMPLES // (len(data) * grid[0] * grid[1])))
    chosen = np.unique(np.linspace(0, n_fields - 1, used).round().astype(int)).tolist()
    likelihood = Likelihood(optics, settings, [_only(one, chosen) for one in data])
    values = _start(optics, start)
    likelihood.begin(values)
    values, curvature = windowed(
        likelihood, optics.unknowns, values, most=60 if start is None else 15
    )
    found = newton(likelihood, optics.unknowns, values, curvature, None)
    scale = torch.tensor([one.scale for one in optics.unknowns], dtype=torch.float64)
    known = covariance(found.curvature, scale)
    spread = likelihood.scatter(found.values, found.d, (0.1 * scale).tolist())
    known = _wider(known, known @ spread @ known)
    known = known + torch.diag((APPROXIMATION_SCALES * scale).square())
    residuals = _residuals(likelihood, found.values, found.d)
    scenes = likelihood.scenes(found.d)
    if all_scenes and len(chosen) < n_fields:
        scenes = _all(optics, settings, data, likelihood, found.values)
    floor = _floor(
        data if all_scenes else [_only(one, chosen) for one in data], likelihood, found.values
    )
    return Twin(
        optics,
        found.values,
        known,
        found.converged,
        residuals,
        scenes.numpy().astype(np.float32),
        floor,
        found.rounds,
        _State(found.curvature),
    )


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


def _only(one: TrialData, fields: Sequence[int]) -> TrialData:
    return TrialData(one.y[fields], one.usable[fields], one.floor, one.slope, one.repeats)


def _start(optics: SceneOptics, start: Twin | Sequence[float] | None) -> torch.Tensor:
    if isinstance(start, Twin):
        return start.values.clone()
    if start is not None:
        return torch.tensor(start, dtype=torch.float64)
    return torch.tensor([one.start for one in optics.unknowns], dtype=torch.float64)


def _wider(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Take the correlations of the first, and of each standard deviation the larger one."""
    sd = one.diagonal().sqrt()
    ratio = torch.maximum(other.diagonal().clamp(min=0).sqrt() / sd, torch.ones_like(sd))
    return one * ratio[:, None] * ratio[None, :]


def _residuals(
    likelihood: Likelihood, values: torch.Tensor, d: torch.Tensor
) -> tuple[Residual, ...]:
    """Compare what is left of each trial with what noise leaves, scenes fitted to it included."""
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        optics = likelihood.optics(values)
        solver = likelihood.solver(values)
        x = torch.fft.rfft2(solver.fluctuation(rng))
        spectrum = torch.fft.rfft2(likelihood.scenes(d))
        rows = []
        for trial, one in enumerate(likelihood.data):
            w = likelihood.weights[trial]
            left = float((w * (one.y - optics.expected(trial, spectrum)).square()).sum())
            taken = float((w * optics.image(trial, x).square()).sum())
            expected = float(one.usable.sum()) - taken
            rows.append([left, expected])
        outside = _left_out(likelihood, values)
    return tuple(
        Residual(trial, left / max(expected, 1.0), outside.get(trial, float("nan")))
        for trial, (left, expected) in enumerate(rows)
    )


def _left_out(likelihood: Likelihood, values: torch.Tensor) -> dict[int, float]:
    """Predict trials from scenes that were found without them."""
    n = len(likelihood.data)
    if n < 3:
        return {}
    out = list(range(_EVERY // 2, n, _EVERY)) or [n - 1]
    whole = likelihood.optics(values)
    weights = [
        torch.zeros_like(w) if trial in out else w for trial, w in enumerate(likelihood.weights)
    ]
    assert likelihood.prior is not None
    solver = SceneSolver(likelihood.data, whole, weights, likelihood.prior)
    spectrum = torch.fft.rfft2(likelihood.scenes(solver.solve()))
    x = torch.fft.rfft2(solver.fluctuation(torch.Generator().manual_seed(1)))
    found = {}
    for trial in out:
        one, w = likelihood.data[trial], likelihood.weights[trial]
        left = float((w * (one.y - whole.expected(trial, spectrum)).square()).sum())
        unsure = float((w * whole.image(trial, x).square()).sum())
        found[trial] = left / (float(one.usable.sum()) + unsure)
    return found


def _all(
    optics: SceneOptics,
    settings: Sequence[object],
    data: Sequence[TrialData],
    likelihood: Likelihood,
    values: torch.Tensor,
) -> torch.Tensor:
    """Find the scenes of all fields, one after the other, with the optics that are known now."""
    scenes = []
    for number in range(len(data[0].y)):
        one = Likelihood(optics, settings, [_only(some, [number]) for some in data])  # type: ignore[arg-type]
        one.prior = likelihood.prior
        with torch.no_grad():
            d = one.solver(values).solve()
            scenes.append(one.scenes(d))
    return torch.cat(scenes)


def _floor(
    data: Sequence[TrialData], likelihood: Likelihood, values: torch.Tensor
) -> tuple[float, float]:
    """Find the darkest place, in the scene's unit: no image is darker than the scene's least.

    Frames of all trials are added up, so that noise is small, and averaged over 3 x 3 pixels.
    """
    with torch.no_grad():
        optics = likelihood.optics(values)
        total: torch.Tensor | float = 0.0
        noise: torch.Tensor | float = 0.0
        light = 0.0
        for one, transfer, even in zip(data, optics.transfers, optics.even_e, strict=True):
            if one.y.shape != data[0].y.shape:
                continue
            total = total + (one.y - float(even))
            noise = noise + (one.floor + one.slope * one.smooth().clamp(min=0)) / one.repeats
            light += float(transfer[:, 0, 0].real.sum())
        assert isinstance(total, torch.Tensor) and isinstance(noise, torch.Tensor)
        mean, sd = (
            torch.nn.functional.avg_pool2d(some[:, None], 3, stride=3)[:, 0]
            for some in (total, noise)
        )
        high = mean + 4.0 * (sd / 9).sqrt()
        return max(0.0, float(mean.min()) / light), max(0.0, float(high.min()) / light)
