"""Groups bound memory and change nothing."""

from __future__ import annotations

import pytest
import torch

from sim.numerics.batches import by_groups


@pytest.mark.parametrize(
    ("bytes_each", "sizes"),
    [(10.0, [7]), (50.0, [2, 2, 2, 1]), (99.0, [1] * 7), (float("inf"), [1] * 7)],
)
def test_groups_are_as_large_as_memory_allows_and_one_at_least(
    bytes_each: float, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.numerics.batches.GROUP_BYTES", 100.0)
    seen: list[int] = []

    def work(places: torch.Tensor) -> torch.Tensor:
        seen.append(len(places))
        return places**2

    places = torch.arange(14.0).reshape(7, 2)
    torch.testing.assert_close(by_groups(work, places, bytes_each), places**2)
    assert seen == sizes


def test_gradients_go_through_all_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.numerics.batches.GROUP_BYTES", 1.0)
    places = torch.arange(6.0).reshape(3, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(by_groups(torch.square, places, 1.0).sum(), places)
    torch.testing.assert_close(gradient, 2 * places.detach())
