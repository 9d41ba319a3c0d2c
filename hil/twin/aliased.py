"""A twin of a rig whose images alias: values by blocks of pixels, then the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from hil.twin.blocks import BlockFit, fit_blocks
from hil.twin.data import TrialData
from hil.twin.doubts import doubted
from hil.twin.gain import gain_of, with_noise
from hil.twin.likelihood import Likelihood
from hil.twin.optimise import APPROXIMATION_SCALES, wider
from hil.twin.scenes import Prior
from hil.twin.twin import Z95, Offset, Residual, Twin
from hil.twin.whole_scenes import all_scenes_of, floor_of, only
from sim.parts.unknown import SceneOptics, Settings

_NOISE_ERRS = 0.002
"""What a noise model errs a trial's residuals by, as a share of them, besides chance."""
_SURE = 4.0
"""Standard deviations of a number of the telescope: they are by how scores vary over blocks."""


def fit_aliased(
    optics: SceneOptics,
    settings: Sequence[Settings],
    data: Sequence[TrialData],
    start: torch.Tensor,
    all_scenes: bool,
    gain: bool = False,
) -> Twin:
    """See `hil.twin.fit.fit`."""
    found = fit_blocks(optics, settings, data, start, gain)
    scale = torch.tensor([one.scale for one in optics.unknowns], dtype=torch.float64)
    known_to = wider(found.information, found.scatter, scale)
    known_to = known_to + torch.diag((APPROXIMATION_SCALES * scale).square())
    offset_adu = found.beside[1]
    seen = [replace(one, y=one.y - offset_adu * one.e_per_adu) for one in data]
    if gain:
        seen = [with_noise(one, found.beside[2]) for one in seen]
    tested = (
        doubted(one.unknown, one.off, one.sd, sure=_SURE, fitted=False) for one in found.suspicions
    )
    kept = seen if all_scenes else [only(one, [0]) for one in seen]
    likelihood = Likelihood(optics, settings, kept)
    likelihood.prior = prior_of(found, optics.grid(settings))
    scenes, grain = all_scenes_of(optics, settings, kept, likelihood, found.values)
    residuals = [
        Residual(trial, ratio, left_out)
        for trial, (ratio, left_out) in enumerate(zip(found.ratios, found.left_out, strict=True))
    ]
    return Twin(
        optics,
        found.values,
        known_to,
        found.converged,
        residuals,
        scenes.numpy().astype(np.float32),
        floor_of(kept, likelihood, found.values),
        found.rounds,
        gain_of(data, found.beside[2], found.beside_sds[2]) if gain else None,
        tuple(one for one in tested if one is not None),
        offset=Offset(offset_adu, found.beside_sds[1]),
        grain=grain.numpy().astype(np.float32),
        open_to=_open_to(found, optics),
        open_sds=max((abs(one.off) / one.sd for one in found.suspicions), default=0.0),
        uneven_sds=uneven(found.ratios, data[0].y.numel()),
    )


def _open_to(found: BlockFit, optics: SceneOptics) -> tuple[float, ...]:
    """Tell how far values would move for a telescope that the frames do not tell from this one."""
    if len(found.suspicions) < len(optics.suspected):
        return ()
    far = [(Z95 * one.sd + abs(one.off)) * one.moves.abs() for one in found.suspicions]
    most = torch.stack(far).amax(dim=0)[: len(optics.unknowns)]
    return tuple(most.tolist())


def uneven(ratios: Sequence[float], pixels: int) -> float:
    """Tell by how many standard deviations the trials' residuals differ more than chance would.

    Optics that are nearly right leave little of most trials and much of the sharpest; a noise model
    that is a little off leaves the same of all.
    """
    each = np.hypot((2 / pixels) ** 0.5, _NOISE_ERRS)
    free = max(1, len(ratios) - 1)
    chi2 = float(np.square((np.asarray(ratios) - np.mean(ratios)) / each).sum())
    return float((chi2 - free) / (2 * free) ** 0.5)


def prior_of(found: BlockFit, grid: tuple[int, int]) -> Prior:
    """Give what was learned of the scenes, on a grid that holds a field."""
    power = found.roughness.power(found.logs, grid).to(torch.float32)
    level = found.beside[0]
    power[0, 0] = 2 * level**2 * grid[0] * grid[1]  # as loose as `hil.twin.prior` is
    return Prior(power[None], torch.tensor([level], dtype=torch.float64))
