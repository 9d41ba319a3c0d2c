"""A scanner for tests of its physics."""

from __future__ import annotations

import torch

from sim.tomography.imager import Scanner, ScanSettings, Tomograph

F64 = torch.float64


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=F64)


def scan(**changes: object) -> ScanSettings:
    values: dict[str, object] = {
        "views": 12,
        "spacing": "uniform",
        "binning": 1,
        "start_deg": number(3.0),
        "arc_deg": number(171.0),
        "current_ma": number(0.3),
        "voltage_kv": number(83.0),
        "exposure_ms": number(500.0),
    }
    return ScanSettings(**(values | changes))  # type: ignore[arg-type]


def scanner(**changes: float) -> Scanner:
    values: dict[str, float] = {
        "bins": 32,
        "bin_mm": 0.5,
        "filter_mm": 1.0,
        "photons_per_mas": 6e5,
        "efficiency": 0.6,
        "scatter_per_cm2": 0.0,
        "beam_height_mm": 20.0,
        "blur_mm": 0.0,
        "penumbra_mm_per_w": 0.0,
    }
    return Scanner(Tomograph(**(values | changes)))  # type: ignore[arg-type]
