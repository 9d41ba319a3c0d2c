from __future__ import annotations

import pytest
import torch

from sim.satellite.aperture_table import ApertureTable, step_um
from sim.satellite.optics import AnnularPupil

F_NUMBER, NM = 3.9, 560.0


def test_between_nodes_it_is_the_transfer_and_so_is_its_slope() -> None:
    pupil, asked = AnnularPupil(0.35), []

    def at(focus_um: float) -> torch.Tensor:
        asked.append(focus_um)
        waves = torch.tensor([focus_um / (8 * F_NUMBER**2) / (NM / 1e3)], dtype=torch.float64)
        return pupil.transfer(waves)

    table = ApertureTable(step_um(F_NUMBER, NM), at)
    for focus_um in (-31.7, 0.4, 12.3):
        focus = torch.tensor(focus_um, dtype=torch.float64)
        torch.testing.assert_close(table(focus), at(focus_um), atol=1e-4, rtol=0)
    leaf = torch.tensor(20.3, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(table(leaf).square().mean(), leaf)
    ahead, behind = (at(20.3 + h).square().mean() for h in (0.01, -0.01))
    assert float(slope) == pytest.approx(float(ahead - behind) / 0.02, rel=2e-3)


def test_a_node_is_made_once_for_both_signs() -> None:
    made: list[float] = []

    def at(focus_um: float) -> torch.Tensor:
        made.append(focus_um)
        return torch.tensor(focus_um**2, dtype=torch.float64)

    table = ApertureTable(2.0, at)
    for focus_um in (3.0, -3.0, 3.5):
        found = table(torch.tensor(focus_um, dtype=torch.float64))
        assert float(found) == pytest.approx(focus_um**2)
    assert sorted(made) == [0.0, 2.0, 4.0, 6.0]
