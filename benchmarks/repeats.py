"""How well one field of view repeats, and what there is to tell apart near the optimum.

The demo's microscope at distances from its best mirror, three frames on each of three fields of
view, by several estimators.

    python benchmarks/repeats.py [estimator ...]

bits: mean. repeats: standard deviation of frames of the same field, relative. fields: that of the
fields' means. lost: what of the best is lost at this distance.
"""

from __future__ import annotations

import sys

import numpy as np

from hil import estimate_information
from hil.calibration.rig_noise import noise_model
from hil.clock import SystemClock
from hil.demo import demo_files
from hil.rig.capture import Capture
from hil.rig.plan import Plan
from hil.rig.rig import Rig

DISTANCES_NM = (0, 10, 20, 30, 60, 100)
X_UM = (-40.0, 0.0, 40.0)
REPEATS = 3


def main(kinds: list[str]) -> None:
    file = demo_files(1)
    bits = np.zeros((len(kinds), len(DISTANCES_NM), len(X_UM), REPEATS))
    with Rig(Plan(file.rig)) as rig:
        rig.setup()
        fields = [{"stage.x_um": x, "stage.y_um": 0.0} for x in X_UM]
        capture = Capture(rig.safety, rig.camera, fields, 1, 10, SystemClock())
        best = {n: float(v) for n, v in rig.truth.best_settings.items()}
        modes = [name for name in best if name.startswith("mirror.")]
        away = np.random.default_rng(0).normal(size=len(modes))
        away /= np.linalg.norm(away)
        for i, nm in enumerate(DISTANCES_NM):
            rig.apply(best | {n: best[n] + nm * u for n, u in zip(modes, away, strict=True)})
            for j in range(len(X_UM)):
                for k in range(REPEATS):
                    frames = rig.run(lambda j=j: capture.field(j)).frames[None]
                    for e, kind in enumerate(kinds):
                        own = estimate_information(frames, noise_model(file.rig), kind, seed=1)
                        bits[e, i, j, k] = own.bits_per_pixel
    print("estimator     nm rms     bits  repeats   fields     lost")
    for e, kind in enumerate(kinds):
        for i, nm in enumerate(DISTANCES_NM):
            mean = bits[e, i].mean()
            repeats = np.sqrt(bits[e, i].var(axis=1, ddof=1).mean()) / mean
            spread = bits[e, i].mean(axis=1).std(ddof=1) / mean
            lost = 1 - mean / bits[e, 0].mean()
            print(f"{kind:<12}{nm:8d} {mean:8.4f} {repeats:8.2%} {spread:8.2%} {lost:8.2%}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["stationary", "predictive"])
