from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from hil.twin.advice.scales import Scales, _Scaled
from hil.twin.twin import Twin
from sim.numerics.sampling import Sampling
from sim.parts.unknown import Response
from tests.hil.twin.small_microscope import settings, unknown


def test_a_scaled_setting_acts_by_what_it_is_scaled_by() -> None:
    plain = unknown()
    scaled = _Scaled(plain, ["mirror.z5_nm", "focus.z_um"])
    assert len(scaled.unknowns) == len(plain.unknowns) + 2
    hidden = torch.tensor([5.0] * 8, dtype=torch.float64)
    grid = plain.grid([settings()])
    stood = settings(mirror__z5_nm=20.0, focus__z_um=0.4)
    wanted = plain.respond(hidden, settings(mirror__z5_nm=-30.0, focus__z_um=0.2), grid)
    values = torch.cat([hidden, torch.tensor([-1.5, 0.5], dtype=torch.float64)]).requires_grad_()
    found = scaled.respond(values, stood, grid)
    assert torch.allclose(found.transfer, wanted.transfer)
    (gradient,) = torch.autograd.grad(found.transfer.abs().sum(), values)
    by_scale, by_mode = float(gradient[8]), float(gradient[1])
    assert by_scale == pytest.approx(20.0 * by_mode, rel=0.05), "20 nm of the setting, for 1 more"
    assert float(gradient[9]) != 0
    assert scaled.converter(stood) == plain.converter(stood)


class Waves:
    """A transfer of sin(a) b + b^2, that follows `a` by itself; as `SceneOptics`."""

    planes, unknowns, places = 1, (), ()
    settings, graded = ("a", "b"), ("a",)
    asked = 0

    def respond(self, values: torch.Tensor, settings: Any, grid: tuple[int, int]) -> Response:
        self.asked += 1
        a, b = torch.as_tensor(settings["a"], dtype=torch.float64), float(settings["b"])
        transfer = (torch.sin(a) * b + b**2).reshape(1, 1, 1)
        return Response(transfer, torch.tensor(0.0), Sampling(slice(0, 1), slice(0, 1), grid))


def test_what_a_rig_follows_by_itself_is_not_asked_for_again() -> None:
    waves = Waves()
    scaled = _Scaled(waves, ["a", "b"])  # type: ignore[arg-type]
    values = torch.tensor([1.5, -2.0], dtype=torch.float64, requires_grad=True)
    found = scaled.respond(values, {"a": 0.4, "b": 3.0}, (1, 1))
    assert float(found.transfer.detach()) == pytest.approx(math.sin(0.6) * -6 + 36)
    (gradient,) = torch.autograd.grad(found.transfer.sum(), values)
    assert float(gradient[0]) == pytest.approx(0.4 * math.cos(0.6) * -6)
    assert float(gradient[1]) == pytest.approx(3 * (math.sin(0.6) + 2 * -6), rel=0.01)
    assert waves.asked == 2, "as it is, and once for `b`"


@pytest.mark.parametrize(
    ("value", "sd", "wrong"),
    [(1.0, 0.01, False), (1.2, 0.01, True), (-1.0, 0.1, True), (1.2, 0.1, False), (0.95, 0, False)],
)
def test_a_scale_is_wrong_where_it_surely_differs_by_much(
    value: float, sd: float, wrong: bool
) -> None:
    twin: Twin = None  # type: ignore[assignment]
    found = Scales({"a": value}, {"a": sd}, twin).wrong(0.1)
    assert found == ({"a": value} if wrong else {})
