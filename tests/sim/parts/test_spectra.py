"""Black bodies and silicon by their closed forms, in numpy and in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.constants import Stefan_Boltzmann, Wien, c, k

from sim.parts.spectra import planck, silicon


@pytest.mark.parametrize("temperature_k", [300.0, 2856.0, 5772.0])
def test_a_black_body_radiates_what_stefan_and_boltzmann_say(temperature_k: float) -> None:
    l_m = np.geomspace(0.03, 1000, 200_001) * Wien / temperature_k
    radiance = planck(l_m, temperature_k, np.expm1)
    total = np.pi * np.trapezoid(radiance, l_m)
    assert total == pytest.approx(Stefan_Boltzmann * temperature_k**4, rel=1e-4)
    assert l_m[radiance.argmax()] == pytest.approx(Wien / temperature_k, rel=1e-3)


def test_far_in_the_infrared_it_is_rayleighs_and_jeans() -> None:
    l_m = np.array([1e-2, 1e-1])
    np.testing.assert_allclose(
        planck(l_m, 5772.0, np.expm1), 2 * c * k * 5772.0 / l_m**4, rtol=2e-4
    )


def test_numpy_and_torch_agree_and_torch_has_gradients() -> None:
    l_nm = np.linspace(400.0, 1000.0, 7)
    tensor = torch.tensor(l_nm, requires_grad=True)
    found = planck(tensor * 1e-9, 5772.0, torch.expm1) * silicon(tensor, 0.7, torch.exp)
    wanted = planck(l_nm * 1e-9, 5772.0, np.expm1) * silicon(l_nm, 0.7, np.exp)
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-12)
    (gradient,) = torch.autograd.grad(found.sum(), tensor)
    assert bool((gradient != 0).all())


def test_silicon_is_best_at_600_nm_and_has_a_third_of_it_at_900() -> None:
    l_nm = np.arange(400.0, 1001.0)
    curve = silicon(l_nm, 0.7, np.exp)
    assert l_nm[curve.argmax()] == 600
    assert curve.max() == pytest.approx(0.7)
    assert curve[l_nm == 900].item() == pytest.approx(0.7 / 3, rel=0.04)
