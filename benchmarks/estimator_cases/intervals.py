"""Coverage of 95 % intervals: the truth, paired differences, sequences that are watched."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.estimator_cases.table import Row
from hil.information import compare, confidence_sequence, estimate_information
from hil.noise import GaussianNoise

REPETITIONS = 500
SIDE, PATCH = 48, 4


def rows(n_seeds: int) -> Iterator[Row]:
    repetitions = REPETITIONS if n_seeds >= 12 else 40 * n_seeds
    truth = 0.5 * math.log2(1 + 1.0)
    brighter = 0.5 * math.log2(1 + 1.5)
    noise = GaussianNoise(1.0)
    for n_fields in (4, 8, 24):
        rng = np.random.default_rng(n_fields)
        covered = paired = 0
        errors = []
        for _ in range(repetitions):
            scene = rng.standard_normal((n_fields, SIDE, SIDE))
            a, b = (
                estimate_information(
                    gain * scene + rng.standard_normal(scene.shape), noise, patch_size=PATCH
                )
                for gain in (1.0, math.sqrt(1.5))
            )
            errors.append(a.bits_per_pixel - truth)
            covered += a.ci_low <= truth <= a.ci_high
            found = compare(b, a)
            paired += found.ci_low <= brighter - truth <= found.ci_high
        yield Row(
            f"95 % interval, {n_fields} fields; stationary",
            float(np.mean(errors)),
            float(np.std(errors)),
            math.nan,
            "bootstrap over patches",
            "92 to 97 %",
            f"covers the truth in {100 * covered / repetitions:.1f} %, "
            f"paired differences in {100 * paired / repetitions:.1f} %, of {repetitions}",
        )
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(repetitions):
        units = rng.standard_normal(100)
        found = [confidence_sequence(units[:n], 0.95) for n in range(3, 101)]
        missed += any(one.low > 0 or one.high < 0 for one in found)
    yield Row(
        "confidence sequence, watched at every field from 3 to 100",
        0.0,
        0.0,
        math.nan,
        "",
        "at least 95 %",
        f"covers at all of them in {100 * (1 - missed / repetitions):.1f} %",
    )
