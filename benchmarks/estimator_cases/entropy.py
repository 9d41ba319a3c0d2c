"""H(Y|X) from noisy pixels alone, by phi and by the NPMLE."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.estimator_cases.problems import median_seconds
from benchmarks.estimator_cases.table import Row
from hil.noise import CameraNoise, PoissonNoise, XrayNoise

PIXELS = 2_000_000
POISSON = {
    1: ("-0.41", "0.008"),
    3: ("-0.21", "0.002"),
    10: ("-0.05", "0.002"),
    30: ("-0.01", "0.002"),
}


def rows(n_seeds: int) -> Iterator[Row]:
    models = (
        ("Poisson", PoissonNoise()),
        ("camera", CameraNoise(0.5, 100, 1.6)),
        ("qCMOS camera", CameraNoise(0.25, 100, 0.3)),
        ("X rays", XrayNoise(40, 200, 15)),
    )
    for name, noise in models:
        for mean_e in (1, 3, 10, 30):
            by_phi, by_npmle = [], []
            for seed in range(n_seeds):
                rng = np.random.default_rng(seed)
                lambda_e = mean_e * np.exp(0.6 * rng.standard_normal(PIXELS) - 0.18)
                y = noise.sample(lambda_e, rng)
                truth = noise.entropy_nats(lambda_e).mean()
                by_phi.append((noise.entropy_phi_nats(y, True).mean() - truth) / math.log(2))
                by_npmle.append((noise.mixture_entropy_nats(y) - truth) / math.log(2))
            reference, wanted = POISSON[mean_e] if name == "Poisson" else ("cannot", "0.003")
            for method, errors, run in (
                ("phi", by_phi, partial(noise.entropy_phi_nats, y, True)),
                ("NPMLE", by_npmle, partial(noise.mixture_entropy_nats, y)),
            ):
                yield Row(
                    f"H(Y|X), {name}, mean {mean_e} e, {method}",
                    float(np.mean(errors)),
                    float(np.std(errors)),
                    median_seconds(run),
                    reference,
                    wanted,
                )
