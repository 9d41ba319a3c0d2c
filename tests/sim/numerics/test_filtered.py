"""Filtering with its own gradients, against torch's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sim.numerics.filtered import filtered, half_spectrum


def plain(views: torch.Tensor, transfer: torch.Tensor, step: int) -> torch.Tensor:
    n = views.shape[-1]
    image: torch.Tensor = torch.fft.irfft2(torch.fft.rfft2(views) * transfer, s=(n, n))
    return image[..., ::step, ::step]


def drawn(lead: tuple[int, ...], own: tuple[int, ...], n: int) -> tuple[torch.Tensor, torch.Tensor]:
    chance = torch.manual_seed(0)
    views = torch.randn(*lead, n, n, generator=chance, dtype=torch.float64)
    kernel = torch.randn(*own, n, n, generator=chance, dtype=torch.float64)
    return views, torch.fft.rfft2(kernel)


CASES: dict[str, Any] = {
    "all samples": ((3,), (), 12, 1),
    "every other": ((3,), (), 12, 2),
    "every third": ((2,), (), 18, 3),
    "every fourth, an odd number kept": ((2,), (), 12, 4),
    "a transfer function each": ((4,), (4,), 16, 2),
    "one view": ((), (), 8, 2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_images_and_gradients_are_those_of_the_plain_way(case: Any) -> None:
    lead, own, n, step = case
    found = []
    for way in (plain, filtered):
        views, transfer = (one.requires_grad_() for one in drawn(lead, own, n))
        image = way(views, transfer, step)
        weights = torch.cos(torch.arange(image.numel(), dtype=torch.float64)).reshape(image.shape)
        (image * weights).sum().backward()
        found.append((image.detach(), views.grad, transfer.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_where_no_gradient_is_asked_for_none_is_made() -> None:
    views, transfer = drawn((2,), (), 8)
    assert not filtered(views, transfer).requires_grad
    image = filtered(views, transfer.requires_grad_(), 2)
    image.sum().backward()
    assert views.grad is None


def test_a_kernel_s_spectrum_and_its_gradient_are_torch_s() -> None:
    kernel = torch.randn(10, 10, generator=torch.manual_seed(0), dtype=torch.float64)
    weight = torch.randn(10, 6, generator=torch.manual_seed(1), dtype=torch.complex128)
    found = []
    for way in (torch.fft.rfft2, half_spectrum):
        own = kernel.clone().requires_grad_()
        spectrum = way(own)
        (spectrum * weight).real.sum().backward()
        found.append((spectrum.detach(), own.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)
