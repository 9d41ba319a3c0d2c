"""Where apertures are, and how wide they may be."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sim.lensless.mask import CLOSED_UM, MaskPattern
from sim.lensless.settings import MOST_APERTURES
from tests.sim.lensless.masks import UM, imager, mask, um


def test_lenslets_never_overlap() -> None:
    settings = mask(apertures=MOST_APERTURES, spacing_um=um(50.0), diameter_um=um(300.0))
    open_um = imager().open_diameter_um(settings)
    pattern = MaskPattern(np.random.default_rng(0))
    centres = pattern.centres_um(MOST_APERTURES, um(50.0), um(0.4))
    assert float(open_um) == pytest.approx(float(torch.pdist(centres).min()))
    assert float(torch.pdist(pattern.centres_um(16, um(1.0), um(0.0))).min()) >= 1.0


def test_apertures_are_moved_one_by_one_and_never_lie_on_each_other() -> None:
    """The second aperture's image moves by as much; the others' stay."""
    away = torch.zeros((MOST_APERTURES, 2), dtype=UM)
    away[1] = torch.tensor([40.0, -25.0])
    plain, moved = mask(apertures=2), mask(apertures=2, moved_um=away)
    before, after = (imager().centres_um(one) for one in (plain, moved))
    torch.testing.assert_close(after - before, away[:2])
    onto = away.clone()
    onto[1] = before[0] - before[1]
    assert float(imager().open_diameter_um(mask(apertures=2, moved_um=onto))) == CLOSED_UM
