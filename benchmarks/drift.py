"""Bleaching: how well the ranking of trials, corrected by reference trials, is that without it.

For each seed one session of random trials is run on the simulated microscope twice, with and
without bleaching, at the same settings. The bleaching dose is chosen so that the light falls by the
share asked for; it is known to the simulator alone. Printed are Spearman's rank correlation with
the session that does not bleach, of the objectives as measured and corrected, and the brightness
left as the reference trials tell it.

    python benchmarks/drift.py [seeds] [first seed] [share bleached, %] [mirror, fine or light]
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from hil import open_database, run_session
from hil.ranking.drift import Drift, without_drift
from hil.records.trial import TrialRow

TRIALS, EVERY, DOSE_UJ = 60, 6, 10.0

RIG = """
name = "bleaching scope"
camera = "camera"

[[driver]]
kind = "sim.microscope"
seed = {seed}
aberration_rms_nm = 60
height_px = 128
width_px = 128
scene_um = 100
{bleaching}

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[setup]
"light.power_mw" = 1.0
"camera.exposure_ms" = 10.0
"""

SESSION = """
name = "bleaching"
rig = "rig.toml"
trials = {trials}
seed = {seed}
{search}
[measure]
grid = {{ columns = 3, rows = 2, step_um = 25 }}
keep_frames = "none"

[reference]
every = {every}

[sampler]
kind = "random"

[constraints]
max_saturated_share = 0.001
"""


def modes(range_nm: float) -> str:
    return "".join(
        f'[[search]]\nsetting = "mirror.z{j}_nm"\nlow = {-range_nm}\nhigh = {range_nm}\n'
        for j in range(4, 8)
    )


MIRROR, FINE = modes(60), modes(20)
LIGHT = MIRROR + '[[search]]\nsetting = "camera.exposure_ms"\nlow = 3\nhigh = 30\nlog = true\n'


def session(seed: int, search: str, bleaching: str) -> tuple[list[TrialRow], Drift | None]:
    """Run one and give its trials and the drift that it shows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rig.toml").write_text(RIG.format(seed=seed, bleaching=bleaching))
        text = SESSION.format(trials=TRIALS, seed=seed, search=search, every=EVERY)
        (folder / "session.toml").write_text(text + "\n[finish]\nremeasure = 0\n")
        url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        run_session(folder / "session.toml", url)
        with open_database(url) as database:
            return database.rows("last"), database.drift("last")


def agreement(rows: list[TrialRow], others: list[TrialRow]) -> float:
    """Spearman's rank correlation of the searched trials' first objectives."""
    pairs = [
        (row.objectives[0], other.objectives[0])
        for row, other in zip(rows, others, strict=True)
        if row.kind != "reference" and row.objectives and other.objectives
    ]
    return float(spearmanr(*zip(*pairs, strict=True)).statistic)


def main(n_seeds: int, first_seed: int, percent: float, search: str) -> None:
    print("seed  raw    corrected  light left, told  true   drift, bits (95 %)")
    found = []
    for seed in range(first_seed, first_seed + n_seeds):
        steady, _ = session(seed, search, "")
        spent_uj = 1000 * sum(row.measured.dose_mj for row in steady if row.measured) / 6
        dose_uj = -spent_uj / math.log(1 - percent / 100)
        rows, drift = session(seed, search, f"bleaching = true\nbleaching_dose_uj = {dose_uj:.1f}")
        assert drift is not None
        raw = agreement(rows, steady)
        corrected = agreement(without_drift(rows, drift), steady)
        found.append((raw, corrected))
        print(
            f"{seed:4d}  {raw:.3f}  {corrected:9.3f}  {drift.brightness:16.3f}"
            f"  {1 - percent / 100:.3f}  {drift.bits:.4f} ({drift.ci_low:.4f} to"
            f" {drift.ci_high:.4f}), {drift.shape}",
            flush=True,
        )
    low = np.min(found, axis=0)
    print(f"least rank correlation: raw {low[0]:.3f}, corrected {low[1]:.3f}")


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [*(float(word) for word in words[:3]), *[3.0, 1.0, 20.0][len(words) :]]
    searches = {"mirror": MIRROR, "fine": FINE, "light": LIGHT}
    main(
        int(numbers[0]),
        int(numbers[1]),
        numbers[2],
        searches[[*words, "mirror"][min(len(words), 3)]],
    )
