"""From a start to the values at which blocks are most likely: Fisher's scoring, damped.

Many trials are taken in lots; scores of the same block are summed over lots, and what they vary
from block to block is the covariance of the score (composite likelihood: C. Varin, N. Reid and D.
Firth, Statistica Sinica 21, 5 (2011)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.errors import InputError
from hil.twin.blocks.beside import beside
from hil.twin.blocks.covariance import BlockModel, grid_of
from hil.twin.blocks.cut import cut_frames, side_of
from hil.twin.blocks.score import Scored, Solved
from hil.twin.blocks.spectrum import LOGS, Roughness
from hil.twin.blocks.suspects import Suspicion, suspicions
from hil.twin.data import TrialData
from sim.parts.unknown import SceneOptics, Settings, Unknown

_TOGETHER = 8
_ROUNDS = 20
_ENOUGH = 0.05  # standard deviations to go
_TRIED = (-32, -16, -8, -4, -2, 2, 4, 8, 16, 32)  # scales
_ROUNDING = 1e-9  # of the likelihood
_LONGEST = 10.0  # scales
_APART = 0.2  # scales, for differences of what is suspected
_DAMPING = (1e-6, 1e-2, 1e8)
_LOOSE = 10.0
"""What a knot of the spectrum is known to beforehand, in the log: it cannot run off."""
_FEWEST = 12
_EVENER = 10.0
"""What a block's level varies by, to begin with, over what the spectrum's lowest knot says."""


@dataclass(frozen=True, slots=True)
class BlockFit:
    """Where the likelihood of blocks is largest.

    Parameters
    ----------
    values
        Of the unknowns.
    information, scatter
        (unknowns, unknowns) covariance of the values by the likelihood's curvature alone, and by
        how the score varies from block to block.
    ratios, left_out
        Of each trial, as `hil.twin.twin.Residual` has them.
    beside, beside_sds
        Of `hil.twin.blocks.beside`, and their standard deviations.
    roughness, logs
        The scenes' spectrum.
    converged, rounds
        Whether it came to an end, and in how many steps.
    suspicions
        What the frames say of numbers that were taken as said.
    """

    values: torch.Tensor
    information: torch.Tensor
    scatter: torch.Tensor
    ratios: tuple[float, ...]
    left_out: tuple[float, ...]
    beside: tuple[float, ...]
    beside_sds: tuple[float, ...]
    roughness: Roughness
    logs: torch.Tensor
    converged: bool
    rounds: int
    suspicions: tuple[Suspicion, ...] = ()


class _Lots:
    """The trials in lots; unknowns are the rig's, those beside, and the spectrum's logs."""

    def __init__(
        self,
        optics: SceneOptics,
        settings: Sequence[Settings],
        data: Sequence[TrialData],
        gain: bool,
    ) -> None:
        count = -(-len(data) // _TOGETHER)
        self.members = [list(range(first, len(data), count)) for first in range(count)]
        side = side_of(max(map(len, self.members)), data[0].y.shape[1:])
        strides = _strides(optics, settings)
        first = torch.tensor([one.start for one in optics.unknowns], dtype=torch.float64)
        self.roughness, logs = _first(optics, settings, data, first, grid_of(side, strides))
        level = math.exp(float(logs[-1]) / 2)
        self.unknowns = (*optics.unknowns, *beside(data, level, gain))
        start = torch.tensor([one.start for one in self.unknowns], dtype=torch.float64)
        self.of_rig, self.n = len(first), len(start)
        self.models = [
            BlockModel(
                optics,
                [settings[i] for i in lot],
                cut_frames([data[i] for i in lot], side),
                self.roughness,
                strides,
            )
            for lot in self.members
        ]
        if min(len(model.cut.y) for model in self.models) < _FEWEST:
            clipped = not all(bool(one.usable.all()) for one in data)
            what = "clipped pixels leave" if clipped else "frames so small hold"
            problem = f"{what} less than {_FEWEST} blocks of {side} x {side} pixels"
            raise InputError("twin", "frames", problem)
        self.begin = torch.cat([start, logs])
        loose = torch.zeros_like(self.begin)
        loose[self.n :] = _LOOSE**-2
        self._loose = loose

    def solved(self, at: torch.Tensor) -> tuple[float, list[Solved]] | None:
        """Give L, and what it is made of; None where it has no value."""
        try:
            parts = [Solved(model, at[: self.n], at[self.n :]) for model in self.models]
        except ValueError:
            return None
        prior = 0.5 * float((self._loose * (at - self.begin).square()).sum())
        return prior + sum(one.loss for one in parts), parts

    def first(self, at: torch.Tensor) -> float:
        """Give L of the first lot alone."""
        try:
            return Solved(self.models[0], at[: self.n], at[self.n :]).loss
        except ValueError:
            return math.inf

    def scored(
        self,
        at: torch.Tensor,
        parts: Sequence[Solved],
        scales: torch.Tensor,
        rigs: Sequence[tuple[Sequence[SceneOptics], float]] = (),
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Give gradient, information, and the score of each block.

        Parameters
        ----------
        rigs
            From one rig to another, and how far they are apart: what is not fitted comes last.
        """
        found: list[Scored] = [
            one.scored(scales, [one.slope(*ends) for ends in rigs]) for one in parts
        ]
        loose = torch.cat([self._loose, torch.zeros(len(rigs), dtype=torch.float64)])
        pulled = torch.zeros_like(loose)
        pulled[: len(at)] = self._loose * (at - self.begin)
        gradient = sum((one.by_block.sum(dim=1) for one in found), pulled)
        information = sum((one.information for one in found), torch.diag(loose))
        numbers = torch.cat([model.cut.number for model in self.models])
        by_block = torch.zeros(len(loose), int(numbers.max()) + 1, dtype=torch.float64)
        by_block.index_add_(1, numbers, torch.cat([one.by_block for one in found], dim=1))
        return gradient, information, by_block


def fit_blocks(
    optics: SceneOptics,
    settings: Sequence[Settings],
    data: Sequence[TrialData],
    start: torch.Tensor | None = None,
    gain: bool = False,
) -> BlockFit:
    """Fit a rig of one plane whose samplings are slices, with the camera's offset, and gain.

    Raises
    ------
    InputError
        Too few pixels are not clipped.
    """
    lots = _Lots(optics, settings, data, gain)
    low, high, scale = (
        torch.tensor([getattr(one, end) for one in lots.unknowns], dtype=torch.float64)
        for end in ("low", "high", "scale")
    )
    at = lots.begin.clone()
    if start is not None:
        at[: lots.of_rig] = start
    scales = torch.cat([scale, torch.ones(LOGS, dtype=torch.float64)])
    at = _begin(lots, at, low, high, scale)
    grid = lots.models[0].grid
    at[lots.of_rig] = _level(optics, settings, data, at[: lots.of_rig], grid)
    at[-1] = at[lots.n] + math.log(_EVENER / math.prod(grid))
    here = lots.solved(at)
    if here is None:
        raise InputError("twin", "frames", "nothing of the rig is like these frames")
    damping, converged, rounds = _DAMPING[1], False, 0
    while rounds < _ROUNDS:
        rounds += 1
        gradient, information, _ = lots.scored(at, here[1], scale)
        inverse = _inverse(information, scales)
        off = (inverse @ gradient).abs() / inverse.diagonal().sqrt()
        converged = float(off[: lots.n].max()) < _ENOUGH
        if converged:
            break
        there, then = at, None
        while damping < _DAMPING[2]:
            there = at + _step(gradient, information, scales, damping)
            there[: lots.n] = torch.minimum(torch.maximum(there[: lots.n], low), high)
            then = lots.solved(there)
            if then is not None and then[0] <= here[0] + _ROUNDING * abs(here[0]):
                break
            then, damping = None, max(6 * damping, 1e-3)
        if then is None:
            break
        at, here, damping = there, then, max(damping / 6, _DAMPING[0])
    rigs = _otherwise(optics, settings)
    return _finished(lots, at, here[1], scale, scales, converged, rounds, rigs, optics.suspected)


def _otherwise(
    optics: SceneOptics, settings: Sequence[Settings]
) -> list[tuple[tuple[SceneOptics, SceneOptics], float]]:
    """Give for each number that is suspected the rigs on both sides of it."""
    found = []
    for one in optics.suspected:
        ends = [
            min(max(one.start + sign * _APART * one.scale, one.low), one.high) for sign in (-1, 1)
        ]
        low, high = (optics.said_otherwise(one.name, end) for end in ends)
        for rig in (low, high):
            rig.grid(settings)  # they are told what stands still
        found.append(((low, high), ends[1] - ends[0]))
    return found


def _begin(
    lots: _Lots, at: torch.Tensor, low: torch.Tensor, high: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Try a few values, one unknown at a time, the one that tells most first.

    A defocus of the other sign blurs as much; and rough scenes can stand in for much else.
    """
    left, best = list(range(lots.of_rig)), lots.first(at)
    while left:
        tried = []
        for number in left:
            for scales in _TRIED:
                there = at.clone()
                there[number] += scales * scale[number]
                if low[number] < there[number] < high[number]:
                    tried.append((lots.first(there), number, there))
        loss, number, there = min(tried, key=lambda one: one[0])
        if loss < best:
            best, at = loss, there
        left.remove(number)
    return at


def _finished(
    lots: _Lots,
    at: torch.Tensor,
    parts: Sequence[Solved],
    scale: torch.Tensor,
    scales: torch.Tensor,
    converged: bool,
    rounds: int,
    rigs: Sequence[tuple[Sequence[SceneOptics], float]],
    suspected: Sequence[Unknown],
) -> BlockFit:
    _, every, by_block = lots.scored(at, parts, scale, rigs)
    inverse = _inverse(every[: len(at), : len(at)], scales)
    n, of_rig = lots.n, lots.of_rig
    scores = by_block[: len(at)]
    covariance = inverse @ (scores @ scores.T) @ inverse
    sds = torch.maximum(inverse.diagonal(), covariance.diagonal())[of_rig:n].sqrt()
    ratios, outside = ([0.0] * sum(map(len, lots.members)) for _ in range(2))
    for lot, one in zip(lots.members, parts, strict=True):
        for trial, ratio, out in zip(lot, *one.residuals(), strict=True):
            ratios[trial], outside[trial] = ratio, out
    return BlockFit(
        at[:of_rig],
        inverse[:of_rig, :of_rig],
        covariance[:of_rig, :of_rig],
        tuple(ratios),
        tuple(outside),
        tuple(at[of_rig:n].tolist()),
        tuple(sds.tolist()),
        lots.roughness,
        at[n:],
        converged,
        rounds,
        suspicions(suspected, by_block, every),
    )


def _first(
    optics: SceneOptics,
    settings: Sequence[Settings],
    data: Sequence[TrialData],
    start: torch.Tensor,
    grid: tuple[int, int],
) -> tuple[Roughness, torch.Tensor]:
    """Begin the spectrum with the frames' own mean and variance."""
    light, _ = _even(optics, settings, start, grid)
    level = _level(optics, settings, data, start, grid)
    noise = torch.tensor([one.floor + one.slope * max(float(one.y.mean()), 0) for one in data])
    varied = torch.tensor([float(one.y.var()) for one in data]) - noise
    variance = max(float((varied / light.square()).max()), 1e-4 * level**2)
    roughness = Roughness(1 / max(grid))
    return roughness, roughness.first(variance, level, grid)


def _level(
    optics: SceneOptics,
    settings: Sequence[Settings],
    data: Sequence[TrialData],
    at: torch.Tensor,
    grid: tuple[int, int],
) -> float:
    """Give the scene's mean as the frames' means have it."""
    light, even = _even(optics, settings, at, grid)
    mean = torch.tensor([float(one.y.mean()) for one in data]).double()
    found = ((mean - even) / light.clamp(min=1e-12)).median()
    return float(found.abs().clamp(min=1e-12))


def _even(
    optics: SceneOptics, settings: Sequence[Settings], at: torch.Tensor, grid: tuple[int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give electrons of each trial from an even scene of 1, and without any scene."""
    with torch.no_grad():
        found = [optics.respond(at, one, grid) for one in settings]
    light = torch.tensor([float(one.transfer[0, 0, 0].real) for one in found]).double()
    return light, torch.tensor([float(one.even_e) for one in found]).double()


def _strides(optics: SceneOptics, settings: Sequence[Settings]) -> tuple[int, int]:
    start = torch.tensor([one.start for one in optics.unknowns], dtype=torch.float64)
    with torch.no_grad():
        sampling = optics.respond(start, settings[0], optics.grid(settings)).sampling
    rows, columns = sampling.rows, sampling.columns
    assert isinstance(rows, slice) and isinstance(columns, slice)
    return rows.step or 1, columns.step or 1


def _step(
    gradient: torch.Tensor, information: torch.Tensor, scales: torch.Tensor, damping: float
) -> torch.Tensor:
    scaled = information * torch.outer(scales, scales)
    damped = scaled + damping * torch.diag(scaled.diagonal()) + 1e-3 * torch.eye(len(scales))
    step: torch.Tensor = -torch.linalg.solve(damped, gradient * scales)
    return step / max(1.0, float(step.abs().max()) / _LONGEST) * scales


def _inverse(information: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Invert; what is not told at all is known to 30 scales."""
    scaled = information * torch.outer(scales, scales)
    eye = torch.eye(len(scales), dtype=torch.float64)
    found: torch.Tensor = torch.linalg.inv(scaled + eye / 30**2) * torch.outer(scales, scales)
    return found
