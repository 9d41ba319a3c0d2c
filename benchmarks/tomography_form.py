"""Why bits per frame miss in scans of one dose: `python benchmarks/tomography_form.py [SETTINGS]`.

The settings of `hil study tomography`, one seed. What scans tell is found from frames, by patches
of 8 which leave the edge of some scans out, and from the scans that are expected and the noise that
is known, which no number of values spoils. So is how well lumps and spot are told: by the study's
decoders, that learn from 600 scans with noise, and by a linear one that learns from the same scans
without noise and knows what noise there will be.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from drivers.types import Floats
from hil.information.estimate import estimate_information
from hil.study.cell import judged, score
from hil.study.domain import SIZES
from hil.study.domains.tomography import Tomography
from sim.tomography.imager import scan_settings

COLUMNS = (
    "views",
    "values",
    "bits a frame, patches of 8",
    "bits of what these cover",
    "bits with noise known",
    "spot, decoders",
    "spot, noise known",
    "lumps, decoders",
    "lumps, noise known",
)


def _known(domain: Tomography, setting: Any, learn: int, n: int) -> tuple[Floats, Floats]:
    """Give scans (n, d) without noise, in units of it: the expected ones, and others with it."""
    slices, _, _ = domain.bodies(0, n)
    with torch.no_grad():
        scan = scan_settings(domain.whole(setting))
        counts = domain._path.scanner.expected_counts(  # noqa: SLF001
            torch.from_numpy(slices), scan
        ).numpy()
    own = domain._path.noise_model({})  # noqa: SLF001
    electronic = own.electronic_noise_adu / own.adu_per_photon
    values = counts.reshape(n, -1).astype(np.float64)
    spread = np.sqrt(values[:learn].mean(axis=0) + electronic**2 + 1 / 12 / own.adu_per_photon**2)
    return values / spread, spread


def _told(expected: Floats, noisy: Floats, truth: Floats, learn: int) -> Floats:
    """Values that a linear decoder gives for noisy scans; learnt without noise, which it knows."""
    mean, centre = expected[:learn].mean(axis=0), truth[:learn].mean(axis=0)
    about = expected[:learn] - mean
    gram = about @ about.T + learn * np.eye(learn)
    weights = np.linalg.solve(gram, truth[:learn] - centre)
    found: Floats = (noisy[learn:] - mean) @ about.T @ weights + centre
    return found


def _row(domain: Tomography, setting: Any) -> list[float]:
    size = SIZES["small"]
    learn, n = size.learn, size.learn + size.held
    observed = domain.observe(setting, 0, size)
    spot, lumps = (observed[task.name] for task in domain.tasks)
    values = spot.learn.rows.shape[1]
    found = estimate_information(spot.frames, spot.noise, "whole_frame", 8).bits_per_pixel
    expected, spread = _known(domain, setting, learn, n)
    about = expected[:learn] - expected[:learn].mean(axis=0)
    eigenvalues = np.linalg.eigvalsh(about @ about.T / (learn - 1)).clip(0)
    bits = 0.5 * np.log2(1 + eigenvalues).sum()
    own = domain._path.noise_model({})  # noqa: SLF001
    codes = np.concatenate([spot.learn.rows, spot.held.rows])
    noisy = (codes - own.offset_adu) / own.adu_per_photon / spread
    truth = np.concatenate([lumps.learn.truth, lumps.held.truth])
    error = _told(expected, noisy, truth, learn) - truth[learn:]
    share = (error**2).mean() / ((truth[learn:] - truth[:learn].mean(axis=0)) ** 2).mean()
    place = np.concatenate([spot.learn.truth, spot.held.truth]).astype(int)
    said = _told(expected, noisy, np.eye(place.max() + 1)[place], learn)
    right = float((said.argmax(axis=1) == place[learn:]).mean())
    scores = []
    for task, one in ((domain.tasks[0], spot), (domain.tasks[1], lumps)):
        there = judged(task, one, 0)
        loss = np.average(there["loss"], weights=there["size"])
        scores.append(float(score(task.kind, loss, there["base"])))
    noise_known = -10 * math.log10(share)
    ends = [scores[0], right, scores[1], noise_known]
    views = int(setting["gantry.views"])
    covered = (views // 8 * 8) * (values // views // 8 * 8)
    return [float(views), values, found * values, found * covered, bits, *ends]


def main() -> None:
    """Print settings and rank correlations."""
    domain, n = Tomography(), int(sys.argv[1]) if len(sys.argv) > 1 else 24
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    rows = []
    for setting in domain.settings(n):
        rows.append(_row(domain, setting))
        print("| " + " | ".join(f"{value:.4g}" for value in rows[-1]) + " |", flush=True)
    table = np.array(rows)
    for left in (2, 3, 4):
        for right in range(5, len(COLUMNS)):
            rho = spearmanr(table[:, left], table[:, right]).statistic
            print(f"{COLUMNS[left]} against {COLUMNS[right]}: {rho:.2f}")


if __name__ == "__main__":
    main()
