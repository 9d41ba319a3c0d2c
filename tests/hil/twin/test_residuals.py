from __future__ import annotations

import torch

from hil.twin.residuals import _alike


def test_noise_is_not_alike_from_pixel_to_pixel_and_what_a_model_leaves_is() -> None:
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(2, 64, 64, generator=rng)
    assert abs(_alike(noise)) < 0.03
    ramp = torch.linspace(-1, 1, 64)[None, None, :].expand(2, 64, 64)
    assert _alike(noise + ramp) > 0.2
