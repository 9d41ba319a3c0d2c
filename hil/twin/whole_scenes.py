"""Scenes of all fields of view for optics that are known by now, and how dark they get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from hil.twin.data import TrialData
from hil.twin.likelihood import Likelihood
from sim.parts.unknown import SceneOptics


def only(one: TrialData, fields: Sequence[int]) -> TrialData:
    """Give the data of some fields alone."""
    return replace(one, y=one.y[fields], usable=one.usable[fields])


def all_scenes_of(
    optics: SceneOptics,
    settings: Sequence[object],
    data: Sequence[TrialData],
    likelihood: Likelihood,
    values: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the scenes of all fields, one after the other, and a draw of what stays open."""
    scenes, grain = [], []
    rng = torch.Generator().manual_seed(2)
    for number in range(len(data[0].y)):
        one = Likelihood(optics, settings, [only(some, [number]) for some in data])  # type: ignore[arg-type]
        one.prior = likelihood.prior
        with torch.no_grad():
            solver = one.solver(values)
            scenes.append(one.scenes(solver.solve()))
            grain.append(solver.fluctuation(rng))
    return torch.cat(scenes), torch.cat(grain)


def floor_of(
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
