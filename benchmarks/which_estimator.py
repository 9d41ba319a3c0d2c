"""Which estimator for which scenes: the bound of each on simulated frames, bits per pixel.

The lower the bound, the closer to the information. Means over seeds, with their standard deviation.
Run as ``python benchmarks/which_estimator.py [SEEDS]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.noise import CameraNoise, NoiseModel, PoissonNoise

CAMERA = CameraNoise(gain_e_per_adu=0.5, offset_adu=100, read_noise_e=1.6)
SHAPE = (16, 128, 128)
ESTIMATORS = ("stationary", "gaussian", "copula", "scale_mixture", "mixture", "best")


def texture(rng: np.random.Generator) -> np.ndarray:
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 1.5, 1.5))
    return white / white.std()


def bright(rng: np.random.Generator) -> np.ndarray:
    return 400 * (1 + 0.15 * texture(rng)).clip(0.05)


def dim(rng: np.random.Generator) -> np.ndarray:
    return 5 * np.exp(0.8 * texture(rng))


def points(rng: np.random.Generator) -> np.ndarray:
    return 20 + gaussian_filter(4000.0 * (rng.random(SHAPE) < 0.01), (0, 1.2, 1.2))


def flat(rng: np.random.Generator) -> np.ndarray:
    del rng
    return np.ones(SHAPE)


Scene = Callable[[np.random.Generator], np.ndarray]
CASES: dict[str, tuple[Scene, NoiseModel]] = {
    "Gaussian texture, 400 electrons": (bright, CAMERA),
    "log-normal texture, 7 electrons": (dim, CAMERA),
    "bright points on a dark ground": (points, CAMERA),
    "nothing, 1 photon": (flat, PoissonNoise()),
}


def main(n_seeds: int) -> None:
    print(f"{'':34}" + "".join(f"{name:>18}" for name in ESTIMATORS))
    for says, (scene, noise) in CASES.items():
        cells = []
        for name in ESTIMATORS:
            bounds = []
            for seed in range(n_seeds):
                rng = np.random.default_rng(seed)
                frames = noise.sample(scene(rng), rng)
                found = estimate_information(frames, noise, name, patch_size=8)
                bounds.append(found.details["held_out_bits"])
            cells.append(f"{np.mean(bounds):10.3f} +-{np.std(bounds):6.3f}")
        print(f"{says:34}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
