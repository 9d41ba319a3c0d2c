"""What scans of one dose tell, and what decoders make of it: `benchmarks/tomography_form.py [N]`.

The first N settings of `hil study tomography`, with scenes that no study draws. Bits are found from
frames, and from the scans that are expected and the noise that is known, which no number of values
spoils. So is how well spot and pores are told: by the study's decoders, which learn from 600 scans
with noise, from scans as they are and from what they see in the study; and by a linear one that
learns from the same scans without noise and knows what noise there will be.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from drivers.types import Floats
from hil.information.estimate import estimate_information
from hil.study.cell import judged, patch_of, score
from hil.study.domain import SIZES, Observed, Side
from hil.study.domains.tomography import Tomography

COLUMNS = (
    "views",
    "binning",
    "kV",
    "bits a frame",
    "by patches",
    "bits, noise known",
    "spot, bits: scans as they are",
    "as the study",
    "right, noise known",
    "pores, dB: scans as they are",
    "as the study",
    "noise known",
)
_SEED, _SIZE = 100, SIZES["small"]
_N = _SIZE.learn + _SIZE.held


def _told(expected: Floats, noisy: Floats, truth: Floats) -> Floats:
    """Values that a linear decoder gives for noisy scans; learnt without noise, which it knows."""
    learn = _SIZE.learn
    about, centre = expected[:learn], truth[:learn].mean(axis=0)
    gram = about @ about.T + learn * np.eye(learn)
    weights = np.linalg.solve(gram, truth[:learn] - centre)
    found: Floats = noisy[learn:] @ about.T @ weights + centre
    return found


def _whole(one: Observed) -> Any:
    return np.concatenate([one.learn.truth, one.held.truth])


def _scores(domain: Tomography, seen: list[Observed]) -> list[float]:
    scores = []
    for task, one in zip(domain.tasks, seen, strict=True):
        there = judged(task, one, 0)
        loss = np.average(there["loss"], weights=there["size"])
        scores.append(float(score(task.kind, loss, there["base"])))
    return scores


def _row(domain: Tomography, setting: Mapping[str, Any]) -> list[float]:
    learn, noise = _SIZE.learn, domain.noise
    observed = domain.observe(setting, _SEED, _SIZE)
    spot, pores = (observed[task.name] for task in domain.tasks)
    found = estimate_information(spot.frames, noise, "whole_frame", patch_of(spot))
    scans = domain.expected(setting, _SEED, _N)
    codes = noise.sample(scans, np.random.default_rng([_SEED, 1])).reshape(_N, -1)
    photons = (codes - noise.offset_adu) * noise.gain_e_per_adu
    values = scans.reshape(_N, -1)
    mean = values[:learn].mean(axis=0)
    sd = np.sqrt(mean + noise.read_noise_e**2 + noise.gain_e_per_adu**2 / 12)
    expected, noisy = (values - mean) / sd, (photons - mean) / sd
    power = np.linalg.eigvalsh(expected[:learn] @ expected[:learn].T / (learn - 1)).clip(0)
    parts, rows = (slice(learn), slice(learn, None)), codes.astype(np.float64)
    as_they_are = []
    for one in (spot, pores):
        sides = [
            Side(rows[part], _whole(one)[part], side.scene)
            for part, side in zip(parts, (one.learn, one.held), strict=True)
        ]
        as_they_are.append(replace(one, learn=sides[0], held=sides[1]))
    truth, place = _whole(pores), _whole(spot).astype(int)
    error = _told(expected, noisy, truth) - truth[learn:]
    share = (error**2).mean() / ((truth[learn:] - truth[:learn].mean(axis=0)) ** 2).mean()
    said = _told(expected, noisy, np.eye(place.max() + 1)[place])
    right = float((said.argmax(axis=1) == place[learn:]).mean())
    scan, study = _scores(domain, as_they_are), _scores(domain, [spot, pores])
    d = values.shape[1]
    return [
        *(float(setting[name]) for name in ("gantry.views", "detector.binning")),
        float(setting["source.voltage_kv"]),
        found.bits_per_pixel * d,
        float(found.details["patches_bits"]) * d,
        float(0.5 * np.log2(1 + power).sum()),
        *(scan[0], study[0], right),
        *(scan[1], study[1], -10 * math.log10(share)),
    ]


def main() -> None:
    """Print settings and rank correlations."""
    domain, n = Tomography(), int(sys.argv[1]) if len(sys.argv) > 1 else 24
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    rows = []
    for setting in domain.settings(n):
        rows.append(_row(domain, setting))
        print("| " + " | ".join(f"{value:.4g}" for value in rows[-1]) + " |", flush=True)
    table = np.array(rows)
    for left, right in ((3, 5), (4, 5), (5, 8), (5, 11), (6, 8), (7, 8), (9, 11), (10, 11)):
        rho = spearmanr(table[:, left], table[:, right]).statistic
        print(f"{left + 1}, {COLUMNS[left]} against {right + 1}, {COLUMNS[right]}: {rho:.2f}")


if __name__ == "__main__":
    main()
