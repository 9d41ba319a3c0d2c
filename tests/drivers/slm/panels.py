"""A modulator as a rig file describes it, with its table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

PANEL: dict[str, Any] = {
    "width_px": 96,
    "height_px": 80,
    "bits": 8,
    "wavelength_nm": 633.0,
    "pupil": {"radius_px": 30.0, "center_px": [50.0, 41.0]},
    "grating": {"period_px": 8.0, "angle_deg": 30.0},
    "modes": ["z4_nm", "z5_nm", "z11_nm"],
    "table": "levels.csv",
}
TABLE: dict[str, Any] = {**PANEL, "modulator": {"kind": "memory"}}


def response(bits: int = 8) -> np.ndarray:
    """Phase of each level, rad: a little over a turn, curved as liquid crystals are."""
    level = np.linspace(0, 1, 1 << bits)
    return 2.1 * np.pi * np.sin(0.45 * np.pi * level) ** 2 / np.sin(0.45 * np.pi) ** 2


def write_table(folder: Path) -> None:
    lines = "".join(f"{phase!r}\n" for phase in response().tolist())
    (folder / "levels.csv").write_text("# unit: rad\n" + lines, encoding="utf-8")
