from __future__ import annotations

import numpy as np
import pytest

from hil.study.texture import texture


def test_a_texture_is_the_same_wherever_structures_lie() -> None:
    field = np.random.default_rng(0).poisson(5, (1, 32, 32))
    assert texture(np.roll(field, (7, 3), (1, 2))) == pytest.approx(texture(field))
