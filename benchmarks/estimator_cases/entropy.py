"""H(Y|X) from noisy pixels alone: by phi, and by phi shifted to the light behind the histogram."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.estimator_cases.problems import median_seconds
from benchmarks.estimator_cases.table import Row
from hil.information.conditional_entropy import conditional_entropy_nats
from hil.noise import CameraNoise, EmccdNoise, PoissonNoise, XrayNoise

PIXELS = 2_000_000
# mean photons: what plugging pixels into h errs by, and what is wanted
POISSON = {
    1: ("-0.41", "0.008"),
    3: ("-0.21", "0.002"),
    10: ("-0.05", "0.002"),
    30: ("-0.01", "0.002"),
}
MODELS = (
    ("Poisson", PoissonNoise()),
    ("camera", CameraNoise(0.5, 100, 1.6)),
    ("camera of 0.24 e/ADU", CameraNoise(0.24, 100, 0.9)),
    ("qCMOS camera", CameraNoise(0.25, 100, 0.3)),
    ("qCMOS camera of 0.11 e/ADU", CameraNoise(0.11, 200, 0.27)),
    ("camera of 4 e/ADU", CameraNoise(4.0, 50, 3.0)),
    ("camera of 10 bit", CameraNoise(0.08, 60, 2.2, 10)),
    ("EMCCD", EmccdNoise(10, 200, 40, 300)),
    ("X rays", XrayNoise(40, 200, 15)),
)


def rows(n_seeds: int) -> Iterator[Row]:
    """Measure every model at every light with every seed, at two spreads of the light."""
    for name, noise in MODELS:
        for mean_e in (0.5, 1, 2, 3, 10, 30):
            for spread in (0.6, 1.0):
                by_phi, by_light = [], []
                for seed in range(n_seeds):
                    rng = np.random.default_rng(seed)
                    scene = spread * rng.standard_normal(PIXELS) - spread**2 / 2
                    lambda_e = mean_e * np.exp(scene)
                    y = noise.sample(lambda_e, rng)
                    truth = noise.entropy_nats(lambda_e).mean()
                    phi = noise.entropy_phi_nats(y, True).mean()
                    by_phi.append((phi - truth) / math.log(2))
                    found = conditional_entropy_nats(noise, y, True)
                    by_light.append((found - truth) / math.log(2))
                asked = name == "Poisson" and spread == 0.6 and mean_e in POISSON
                reference, wanted = POISSON[int(mean_e)] if asked else ("", "0.003")
                yield Row(
                    f"H(Y|X), {name}, mean {mean_e:g} e, spread {spread:g}",
                    float(np.mean(by_light)),
                    float(np.std(by_light)),
                    median_seconds(partial(conditional_entropy_nats, noise, y, True)),
                    reference,
                    wanted,
                    f"phi alone {np.mean(by_phi):+.4f} +- {np.std(by_phi):.4f}",
                )
