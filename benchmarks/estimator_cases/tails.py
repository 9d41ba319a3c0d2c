"""Light that optics draw out to one side, and the same frames turned by half a turn.

Both hold the same, so that rows give by how much more the turned ones read: a search would prefer a
coma of one sign. Beads of many brightnesses, patches of 16, eight frames of 128 x 128.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import CameraNoise

DEFAULT_SEEDS = 3
CAMERA = CameraNoise(0.5, 100, 1.6)
SHAPE = (8, 1, 136, 136)
STEPS: dict[str, Sequence[tuple[int, int]]] = {
    "along rows": [(0, 1)],
    "along columns": [(1, 0)],
    "between both": [(1, 1)],
    "to the lower left": [(1, -1)],
    "along rows and between both": [(0, 1), (1, 1)],
}
SCENES = {"few bright": (0.02, 4000.0), "many": (0.2, 500.0), "few dim": (0.02, 100.0)}
_LENGTH, _FADES = 5, 0.5  # pixels, and by how much from one to the next


def rows(n_seeds: int) -> Iterator[Row]:
    """Give what turned frames read more than frames as they are."""
    for scene, (share, light_e) in SCENES.items():
        for direction, steps in STEPS.items():
            bits = np.array([_bits(share, light_e, steps, seed) for seed in range(n_seeds)])
            more = bits[:, 1] - bits[:, 0]
            yield Row(
                f"{scene}, drawn out {direction}",
                float(more.mean()),
                float(more.std()),
                0.0,
                note=f"as they are {bits[:, 0].mean():.3f}",
            )


def _bits(share: float, light_e: float, steps: Sequence[tuple[int, int]], seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    beads = rng.exponential(light_e, SHAPE) * (rng.random(SHAPE) < share)
    light = np.zeros(SHAPE)
    for down, across in steps:
        for i in range(_LENGTH):
            light += _FADES**i * np.roll(beads, (i * down, i * across), axis=(2, 3))
    inside = np.s_[..., 4:-4, 4:-4]  # what has come round an edge is cut off
    frames = CAMERA.sample(20 + light[inside] / (2 * len(steps)), rng)
    return [
        estimate_information(np.ascontiguousarray(one), CAMERA, "predictive", 16).bits_per_pixel
        for one in (frames, frames[..., ::-1, ::-1])
    ]
