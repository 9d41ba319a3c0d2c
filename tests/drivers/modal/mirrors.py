"""A deformable mirror as makers deliver it: a matrix of modes, a flat and a layout, in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MODES = ("z4_nm", "z5_nm", "z6_nm", "z7_nm", "z8_nm", "z9_nm", "z10_nm", "z11_nm")
SIDE = 12
TABLE: dict[str, Any] = {
    "matrix": "modes.csv",
    "flat": "flat.npy",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "sum_high": 75.0,
    "neighbour_max": 0.3,
    "layout": "layout.npy",
    "array": {"kind": "memory", "actuators": 140},
}


def layout() -> NDArray[np.int64]:
    """12 by 12 without the corners: 140 actuators."""
    places = np.full((SIDE, SIDE), -1)
    inside = np.ones((SIDE, SIDE), dtype=bool)
    inside[[0, 0, -1, -1], [0, -1, 0, -1]] = False
    places[inside] = np.arange(inside.sum())
    return places


def shapes() -> NDArray[np.float64]:
    """Noll's modes 4 to 11 at the actuators, rms 1 over the pupil: (actuators, modes)."""
    y, x = np.nonzero(layout() >= 0)
    u, v = (x - 5.5) / 6.0, (y - 5.5) / 6.0
    r2 = u**2 + v**2
    return np.stack(
        [
            np.sqrt(3) * (2 * r2 - 1),
            np.sqrt(6) * 2 * u * v,
            np.sqrt(6) * (u**2 - v**2),
            np.sqrt(8) * (3 * r2 - 2) * v,
            np.sqrt(8) * (3 * r2 - 2) * u,
            np.sqrt(8) * (3 * u**2 - v**2) * v,
            np.sqrt(8) * (u**2 - 3 * v**2) * u,
            np.sqrt(5) * (6 * r2**2 - 6 * r2 + 1),
        ],
        axis=1,
    )


def write_mirror(folder: Path, share_per_nm: float = 1 / 3000) -> dict[str, Any]:
    """Write the files of `TABLE`, and give that."""
    matrix = shapes() * share_per_nm
    header = "# unit: share/nm\n" + ",".join(MODES) + "\n"
    rows = "\n".join(",".join(f"{x:.9g}" for x in row) for row in matrix)
    (folder / "modes.csv").write_text(f"{header}{rows}\n", encoding="utf-8")
    np.save(folder / "layout.npy", layout())
    flat = 0.5 + 0.05 * np.sin(np.arange(140))
    np.save(folder / "flat.npy", flat)
    return dict(TABLE)
