"""Information of expected frames: known answers, the estimators, and gradients by differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.errors import InputError
from hil.information import estimate_information
from hil.information.torch import FAMILIES, expected_information
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise

CAMERA = CameraNoise(0.5, 100, 1.6)


def blurred(n: int, side: int, seed: int = 0) -> torch.Tensor:
    """Smooth scenes of mean 0 and variance about 1."""
    rng = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)
    spectrum = np.exp(-(fy**2 + fx**2) * 2 * (np.pi * 1.5) ** 2)
    scenes = np.fft.ifft2(np.fft.fft2(rng.standard_normal((n, side, side))) * spectrum).real
    return torch.from_numpy(scenes / scenes.std())


@pytest.mark.parametrize("family", ["stationary", "gaussian"])
def test_white_scenes_have_a_known_answer(family: str) -> None:
    scenes = torch.from_numpy(np.random.default_rng(1).normal(0, 20, (200, 32, 32)))
    found = expected_information(scenes, GaussianNoise(10.0), family, 4)  # type: ignore[arg-type]
    assert float(found) == pytest.approx(0.5 * np.log2(5), abs=0.004)


def test_whole_frames_of_few_directions_have_a_known_answer() -> None:
    rng = np.random.default_rng(2)
    powers = np.array([400.0, 25.0, 1.0])
    directions = np.linalg.qr(rng.standard_normal((1024, 3)))[0]
    scenes = (rng.standard_normal((2000, 3)) * np.sqrt(powers)) @ directions.T
    frames = torch.from_numpy(7 * scenes.reshape(2000, 32, 32))
    found = float(expected_information(frames, GaussianNoise(7.0), "whole_frame"))
    assert found * 1024 == pytest.approx(0.5 * np.log2(1 + powers).sum(), rel=0.01)


@pytest.mark.parametrize("family", ["stationary", "gaussian"])
def test_it_is_what_the_estimator_finds_in_frames_drawn(family: str) -> None:
    electrons = 200 + 40 * blurred(24, 96)
    found = expected_information(electrons, CAMERA, family, 6, stabilise=False)  # type: ignore[arg-type]
    stable = expected_information(electrons, CAMERA, family, 6)  # type: ignore[arg-type]
    frames = CAMERA.sample(electrons.numpy(), np.random.default_rng(3))
    estimate = estimate_information(frames, CAMERA, family, 6)
    assert float(found) == pytest.approx(estimate.bits_per_pixel, abs=0.012)
    assert float(stable) == pytest.approx(float(found), abs=0.02)


def test_whole_frames_agree_with_the_estimator() -> None:
    rng = np.random.default_rng(4)
    shapes = blurred(12, 32, 5).numpy()
    amounts = rng.standard_normal((300, 12)) * np.geomspace(40, 4, 12)
    electrons = torch.from_numpy(600 + np.einsum("nk,khw->nhw", amounts, shapes))
    found = expected_information(electrons, CAMERA, "whole_frame", stabilise=False)
    frames = CAMERA.sample(electrons.numpy(), rng)
    estimate = estimate_information(frames, CAMERA, "whole_frame")
    assert float(found) == pytest.approx(estimate.bits_per_pixel, abs=0.004)


def test_whole_frames_of_different_brightness_agree_with_the_estimator() -> None:
    rng = np.random.default_rng(5)
    shape = 1 + torch.tanh(blurred(1, 24, 5)).numpy()
    electrons = 300 * np.exp(0.5 * rng.standard_normal((400, 1, 1))) * shape
    found = expected_information(torch.from_numpy(electrons), CAMERA, "whole_frame")
    estimate = estimate_information(CAMERA.sample(electrons, rng), CAMERA, "whole_frame", 8)
    assert float(found) == pytest.approx(estimate.details["whole_frame_bits"], abs=0.002)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("noise", [CAMERA, PoissonNoise(), GaussianNoise(5.0)])
def test_gradients_are_those_of_differences(family: str, noise: PoissonNoise) -> None:
    scenes = blurred(12, 24, 6)

    def bits(light: torch.Tensor, contrast: torch.Tensor) -> torch.Tensor:
        frames = light * (1 + contrast * torch.tanh(scenes))
        return expected_information(frames, noise, family, 4, at_once=5)  # type: ignore[arg-type]

    at = tuple(torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (30.0, 0.4))
    assert torch.autograd.gradcheck(bits, at, eps=1e-4, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_groups_change_nothing(family: str) -> None:
    light = torch.tensor(50.0, dtype=torch.float64, requires_grad=True)
    scenes = torch.exp(0.5 * blurred(10, 24, 7))
    rendered = []

    def render(group: slice) -> torch.Tensor:
        rendered.append(group)
        return light * scenes[group]

    found = []
    for at_once in (3, 10):
        light.grad = None
        bits = expected_information(
            render,
            CAMERA,
            family,
            4,
            n_frames=10,
            at_once=at_once,  # type: ignore[arg-type]
        )
        bits.backward()
        assert light.grad is not None
        found.append((float(bits.detach()), float(light.grad)))
    assert found[0] == pytest.approx(found[1], rel=1e-9)
    assert max(group.stop - group.start for group in rendered[:8]) <= 3


def test_more_light_tells_more() -> None:
    scenes = torch.exp(0.5 * blurred(12, 32, 8))
    for family in FAMILIES:
        found = [
            float(expected_information(x * scenes, CAMERA, family, 8))
            for x in (1.0, 3.0, 10.0, 100.0)
        ]
        assert sorted(found) == found


def test_what_cannot_be_is_said() -> None:
    scenes = blurred(4, 16)
    with pytest.raises(InputError, match="stationary"):
        expected_information(scenes, CAMERA, "stationery")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="2 to 16 pixels"):
        expected_information(scenes, CAMERA, patch_size=17)
    with pytest.raises(InputError, match="n_frames"):
        expected_information(lambda group: scenes[group], CAMERA)
    with pytest.raises(InputError, match="1 frames"):
        expected_information(scenes[:1], CAMERA)
    with pytest.raises(InputError, match=r"allowed: \(n, height, width\)"):
        expected_information(scenes[0], CAMERA)
