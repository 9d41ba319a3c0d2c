"""What the physics of all simulated rigs has in common: batches, bounded memory, other devices."""

from __future__ import annotations

import pytest
import torch

from tests.sim.cases import ImageCase
from tests.sim.imagers import CASES, images, opened


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_batch_is_each_field_by_itself_whatever_its_groups(
    case: ImageCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, places = images(case), torch.tensor(case.places, dtype=torch.float64)
    together = compute(places)
    alone = torch.cat([compute(place[None]) for place in places])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4 * float(alone.max()))
    assert float((together[0] - together[1]).abs().max()) > 0.01 * float(alone.max())
    monkeypatch.setattr("sim.numerics.batches.GROUP_BYTES", 1.0)
    torch.testing.assert_close(compute(places), alone, rtol=1e-4, atol=1e-4 * float(alone.max()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_everything_is_on_the_device_asked_for(case: ImageCase) -> None:
    """Torch's ``meta`` stands in for a GPU: it refuses to mix with what lies on the CPU."""
    places = torch.tensor(case.places, dtype=torch.float64)
    found = images(case, "meta")(places)
    assert found.device.type == "meta"
    assert found.shape == images(case)(places).shape


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_light_is_finite_and_nowhere_below_what_rounding_makes(case: ImageCase) -> None:
    found = images(case)(torch.tensor(case.places, dtype=torch.float64))
    assert found.dtype == torch.float32
    assert bool(torch.isfinite(found).all())
    assert float(found.min()) > -1e-3 * float(found.max())


WITH_PLACES = [case for case in CASES if case.name != "tomography"]  # its places are numbers


@pytest.mark.parametrize("case", WITH_PLACES, ids=lambda case: case.name)
def test_gradients_flow_after_frames_were_taken(case: ImageCase) -> None:
    """What was remembered for a frame must serve a gradient too."""
    rig = opened(case)
    settings = rig.truth.suppose(case.settings)
    rig.truth.expected_electrons(settings)
    places = torch.tensor(case.places, dtype=torch.float64, requires_grad=True)
    total = (case.images(rig, settings)(places) ** 2).sum()
    (gradient,) = torch.autograd.grad(total, places)
    assert bool(torch.isfinite(gradient).all())
    assert float(gradient.abs().max()) > 0
