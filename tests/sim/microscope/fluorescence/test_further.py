from __future__ import annotations

import pytest
import torch

from sim.microscope.fluorescence.further import axes_of, blurred
from sim.microscope.fluorescence.unknown import FluorescenceUnknown
from sim.microscope.options import MicroscopeOptions
from tests.sim.microscope.fluorescence.test_unknown import scope, settings


def test_further_unknowns_give_the_response_of_a_rig_that_is_off_so() -> None:
    off = {"axis_scale": {"mirror.z5_nm": 0.8}, "focus_offset_um": 0.3, "blur_nm": 70.0}
    names = ["axis_scale.mirror.z5_nm", "focus_offset_um", "blur_nm"]
    path, stood = scope(**off), settings()
    straight = scope()
    plain = FluorescenceUnknown(path)
    more = FluorescenceUnknown(straight, names, scene_known=True)
    grid = plain.grid([stood])
    hidden = torch.tensor(path.aberration_nm, dtype=torch.float64)
    wanted = plain.respond(hidden, stood, grid).transfer
    light, haze = straight.options.photons_per_uj, 0.25
    numbers = torch.tensor([0.8, 0.3, 70.0, light, haze], dtype=torch.float64)
    found = more.respond(torch.cat([hidden, numbers]), stood, grid)
    assert torch.allclose(
        found.transfer.to(wanted.dtype) / light, wanted, atol=1e-4 * float(wanted.abs().max())
    )
    dose_e = 2.0 * 20.0 * straight.options.quantum_efficiency
    assert float(found.even_e) == pytest.approx(dose_e * light * haze, rel=1e-3)


def test_blur_is_put_on_and_taken_off() -> None:
    flat = torch.ones(16, 9, dtype=torch.float64)
    more = blurred(flat, torch.tensor(80.0), 0.0, 0.1)
    assert float(more[0, 0]) == 1 and float(more[8, 8]) < 0.1
    assert torch.allclose(blurred(more, torch.tensor(0.0), 80.0, 0.1), flat)


def test_what_is_fitted_stands_beside_what_the_options_say() -> None:
    options = MicroscopeOptions(axis_scale={"mirror.z6_nm": 1.1}, focus_offset_um=0.2)
    axes = axes_of(options, {"axis_scale.mirror.z5_nm": -1.0})
    assert axes.scale == {"mirror.z6_nm": 1.1, "mirror.z5_nm": -1.0}
    assert axes.focus_offset_um == 0.2


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"allowed: focus_offset_um"):
        FluorescenceUnknown(scope(), ["axis_scale.stage.x_um"])
    with pytest.raises(ValueError, match="has no scale"):
        MicroscopeOptions(axis_scale={"stage.x_um": 2.0})
