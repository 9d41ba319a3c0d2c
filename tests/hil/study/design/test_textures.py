"""The same values as the study's decoders see, and gradients by what is expected."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.study.design.textures import textures
from hil.study.texture import texture

FRAMES = np.random.default_rng(0).poisson(50.0, (40, 16, 16)).astype(np.float64)


@pytest.mark.parametrize("side", [8, 16])
def test_values_are_those_of_the_study_each_about_its_mean_in_units_of_its_spread(
    side: int,
) -> None:
    frames = FRAMES[:, :side, :side]
    known = texture(frames)
    known = (known - known.mean(axis=0)) / known.std(axis=0)
    assert textures(torch.from_numpy(frames)).numpy() == pytest.approx(known, abs=1e-5)


def test_frames_that_say_nothing_have_values_and_slopes() -> None:
    flat = torch.full((5, 8, 8), 3.0, requires_grad=True)
    found = textures(flat)
    found.square().sum().backward()  # type: ignore[no-untyped-call]
    assert bool(torch.isfinite(found).all())
    assert flat.grad is not None and bool(torch.isfinite(flat.grad).all())


def test_gradients_are_those_of_finite_differences() -> None:
    own = torch.from_numpy(FRAMES[:6, :8, :8])
    weights = torch.from_numpy(np.random.default_rng(1).normal(size=(6, 11)))
    pattern = torch.from_numpy(np.random.default_rng(2).normal(size=(6, 8, 8)))

    def value(share: torch.Tensor) -> torch.Tensor:
        return (textures(own + share * pattern) * weights).sum()

    at = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(value(at), at)
    known = (value(at.detach() + 1e-6) - value(at.detach() - 1e-6)) / 2e-6
    assert float(found) == pytest.approx(float(known), rel=1e-4)
