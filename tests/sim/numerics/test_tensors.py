"""Settings as numbers that gradients flow through."""

from __future__ import annotations

import torch

from sim.numerics.tensors import key_of, number, wants_gradient


def test_any_number_becomes_double_precision_and_keeps_its_gradient() -> None:
    focus = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    settings = {"focus.z_um": focus, "camera.binning": 2, "light.power_mw": 0.1}
    assert number(settings, "focus.z_um") is focus
    for name, value in (("camera.binning", 2.0), ("light.power_mw", 0.1)):
        found = number(settings, name)
        assert (found.dtype, found.shape, found.item()) == (torch.float64, (), value)


def test_gradients_are_wanted_where_one_is_asked_for_and_not_switched_off() -> None:
    free, fixed = torch.tensor(1.0, requires_grad=True), torch.tensor(1.0)
    assert wants_gradient(fixed, free)
    assert not wants_gradient(fixed)
    with torch.no_grad():
        assert not wants_gradient(free)


def test_keys_are_equal_where_all_numbers_are() -> None:
    one = torch.tensor([1.0, 2.0], requires_grad=True)
    assert key_of(one, torch.tensor(3.0)) == key_of(torch.tensor([1.0, 2.0]), torch.tensor(3.0))
    assert key_of(one) != key_of(torch.tensor([1.0, 2.5]))
    assert key_of(torch.tensor([1.0]), torch.tensor([2.0])) != key_of(one)
