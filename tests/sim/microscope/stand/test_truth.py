"""What is hidden, and what would undo it."""

import numpy as np
import pytest

from drivers.errors import UnknownSetting
from tests.sim.microscope.opened import open_scope, set_values


def test_hidden_aberration_has_the_rms_asked_for_and_a_mirror_that_undoes_it() -> None:
    truth = open_scope(seed=7, aberration_rms_nm=85.0).truth
    hidden = truth.aberration_nm
    assert list(hidden) == [f"z{j}" for j in range(4, 12)]
    assert np.linalg.norm(list(hidden.values())) == pytest.approx(85)
    assert truth.aberration_rms_nm == pytest.approx(85)
    assert truth.residual_rms_nm() == pytest.approx(85)
    assert truth.residual_rms_nm(truth.best_settings) == pytest.approx(0, abs=1e-9)
    # One more mode adds in quadrature, once the others are gone.
    off = dict(truth.best_settings) | {"mirror.z8_nm": truth.best_settings["mirror.z8_nm"] + 12}
    assert truth.residual_rms_nm(off) == pytest.approx(12)
    assert truth.residual_nm(off)["z8"] == pytest.approx(12)


def test_truth_follows_the_devices_and_is_on_each_of_them() -> None:
    scope = open_scope(aberration_rms_nm=0.0)
    set_values(scope, mirror__z5_nm=30.0, mirror__z8_nm=-40.0)
    assert scope.truth.residual_rms_nm() == pytest.approx(50)
    assert {id(device.truth) for device in scope.devices.values()} == {id(scope.truth)}
    with pytest.raises(UnknownSetting):
        scope.truth.residual_rms_nm({"mirror.z12_nm": 1.0})


def test_deep_in_a_sample_of_another_index_the_mirror_brings_the_sharpness_back() -> None:
    deep = open_scope(sample_index=1.40, depth_um=15.0, aberration_rms_nm=0.0, scene="blobs").truth
    clear = open_scope(aberration_rms_nm=0.0, scene="blobs").truth
    lit = {"light.power_mw": 1.0}
    contrasts = [
        electrons.std() / electrons.mean()
        for electrons in (
            deep.expected_electrons(lit),
            deep.expected_electrons({**lit, **deep.best_settings}),
            clear.expected_electrons(lit),
        )
    ]
    assert contrasts[0] < 0.8 * contrasts[1]
    assert contrasts[1] < contrasts[2]
    assert deep.residual_rms_nm(deep.best_settings) < 0.5 * deep.residual_rms_nm()
