from __future__ import annotations

import pytest

from sim.microscope.stand.axes import AxisErrors
from tests.sim.microscope.opened import open_scope, set_values

OFF = AxisErrors(0.5, {"mirror.z5_nm": -0.8, "mirror.z6_nm": 0.0})


def test_what_an_axis_says_and_where_it_is() -> None:
    is_at = OFF.really({"focus.z_um": 1.0, "mirror.z5_nm": 10.0, "mirror.z6_nm": 4.0})
    assert is_at == {"focus.z_um": 1.5, "mirror.z5_nm": -8.0, "mirror.z6_nm": 0.0}
    assert OFF.said({"focus.z_um": 1.5, "mirror.z5_nm": -8.0, "mirror.z6_nm": 3.0}) == {
        "focus.z_um": 1.0,
        "mirror.z5_nm": 10.0,
        "mirror.z6_nm": 0.0,
    }


def test_the_best_settings_of_a_scope_whose_axes_are_off_leave_no_aberration() -> None:
    scope = open_scope(axis_scale={"mirror.z5_nm": -0.8, "focus.z_um": 1.2}, focus_offset_um=0.4)
    truth = scope.truth
    assert truth.residual_rms_nm() > 50
    assert truth.residual_rms_nm(truth.best_settings) == pytest.approx(0, abs=1e-9)
    straight = open_scope(focus_offset_um=0.4).truth
    set_values(scope, mirror__z5_nm=50.0)
    turned = straight.expected_electrons({"light.power_mw": 1.0, "mirror.z5_nm": -40.0})
    found = truth.expected_electrons({"light.power_mw": 1.0})
    assert found == pytest.approx(turned, rel=1e-4)
