"""Optics of one unknown, a blur that settings change, whose pixels alias; scenes drawn from S."""

from __future__ import annotations

from typing import Any

import torch

from hil.twin.blocks.spectrum import Roughness
from hil.twin.data import TrialData
from sim.numerics.sampling import Sampling
from sim.parts.unknown import Response, Settings, Unknown

STRIDES = (2, 2)
TRUTH = 0.6
LOGS = torch.tensor([3.0, 2.0, 1.0, 0.0, -1.0, -2.0, 0.7], dtype=torch.float64)
ROUGHNESS = Roughness(1 / 64)
TRIALS: list[Settings] = [{"blur": blur} for blur in (0.0, 1.0, 2.0)]
NOISE_E2 = 0.02


class Blur:
    """A Gaussian whose width, in samples, is off by the unknown; as `SceneOptics`.

    Its width across is said to be `stretch` times that down.
    """

    unknowns = (Unknown("off", "", 1.0, 0.1, 0.0, 5.0),)
    planes, aliased = 1, True

    def __init__(self, stretch: float = 1.0) -> None:
        self._stretch = stretch
        self.suspected = (Unknown("stretch", "", stretch, 0.1, 0.1, 10.0),)

    def said_otherwise(self, name: str, value: float) -> Blur:
        return Blur(value)

    def grid(self, settings: Any) -> tuple[int, int]:
        return (64, 64)

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        fy = torch.fft.fftfreq(grid[0], dtype=torch.float64)[:, None]
        fx = torch.fft.rfftfreq(grid[1], dtype=torch.float64)[None]
        width = values[0] + float(settings["blur"])
        transfer = torch.exp(-2 * (torch.pi * width) ** 2 * (fy**2 + (self._stretch * fx) ** 2))
        even = torch.tensor(0.3, dtype=torch.float64)
        return Response(transfer[None].to(torch.complex128), even, self.sampling(grid))

    def sampling(self, grid: tuple[int, int]) -> Sampling:
        axis = [slice(0, size, step) for size, step in zip(grid, STRIDES, strict=True)]
        return Sampling(axis[0], axis[1], grid)


def drawn(fields: int, seed: int = 0) -> list[TrialData]:
    """Frames of scenes that are as the model has them, periodic on the grid."""
    rng, optics = torch.Generator().manual_seed(seed), Blur()
    power = ROUGHNESS.power(LOGS, (64, 64))
    white = torch.randn(fields, 64, 64, generator=rng, dtype=torch.float64)
    spectrum = torch.fft.rfft2(white) * power.sqrt()
    found = []
    for one in TRIALS:
        answer = optics.respond(torch.tensor([TRUTH]).double(), one, (64, 64))
        image = torch.fft.irfft2(spectrum * answer.transfer, s=(64, 64)) + answer.even_e
        pixels = answer.sampling.sample(image)
        noise = torch.randn(pixels.shape, generator=rng, dtype=torch.float64) * NOISE_E2**0.5
        y = (pixels + noise).to(torch.float32)
        found.append(TrialData(y, torch.ones_like(y, dtype=torch.bool), NOISE_E2, 0.0, 1))
    return found
