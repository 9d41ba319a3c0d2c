"""Masks and a camera for tests of the physics."""

from __future__ import annotations

import numpy as np
import torch

from sim.lensless.imager import LenslessImager, MaskCamera, MaskSettings
from sim.lensless.mask import MaskPattern

UM = torch.float64
WAVELENGTH_UM = 0.55


def um(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=UM)


def mask(**changes: object) -> MaskSettings:
    values: dict[str, object] = {
        "lenslets": True,
        "apertures": 3,
        "diameter_um": um(120.0),
        "spacing_um": um(150.0),
        "irregularity": um(0.4),
        "distance_um": um(4200.0),
    }
    return MaskSettings(**(values | changes))  # type: ignore[arg-type]


def imager(side_px: int = 32, **changes: float) -> LenslessImager:
    values = {
        "side_px": side_px,
        "pixel_um": 5.0,
        "wavelength_um": WAVELENGTH_UM,
        "focal_um": 4000.0,
        "radiance": 3e5,
        "pitch_rad": 0.6e-3,
    }
    return LenslessImager(MaskCamera(**(values | changes)), MaskPattern(np.random.default_rng(0)))  # type: ignore[arg-type]
