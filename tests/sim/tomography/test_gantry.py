"""Views take time."""

from __future__ import annotations

import pytest

from tests.sim.tomography.opened import frame, open_rig


def test_a_scan_takes_its_views_time() -> None:
    rig = open_rig()
    begun = rig.device_s()
    frame(rig)
    assert rig.device_s() - begun == pytest.approx(10.0 + 32 * 0.02)
