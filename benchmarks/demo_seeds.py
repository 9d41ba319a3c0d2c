"""The demo over seeds: how sharp a session makes an optics that nobody tuned it to.

For each seed a hidden aberration of 80 to 120 nm rms is drawn, the demo's session is run, and the
information at its first and best trial is set against that at zero residual aberration, measured by
the same estimator at the same fields of view.

    python benchmarks/demo_seeds.py [number of seeds] [first seed]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hil import estimate_information, open_database, run_session
from hil.calibration.rig_noise import noise_model
from hil.clock import SystemClock
from hil.demo import demo_files, residual_rms_nm
from hil.rig.capture import Capture
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import SessionFile


def information_without_aberration(
    file: SessionFile, fields: list[Mapping[str, Any]]
) -> tuple[float, float]:
    """Measure the first trial's information and that at zero residual, bits per pixel."""
    with Rig(Plan(file.rig)) as rig:
        rig.setup()
        capture = Capture(rig.safety, rig.camera, fields, 1, 10, SystemClock())
        values = []
        for settings in (dict.fromkeys(rig.truth.best_settings, 0.0), rig.truth.best_settings):
            rig.apply(settings)
            frames = np.stack(
                [rig.run(lambda i=i: capture.field(i)).frames for i in range(len(fields))]
            )
            kind = file.spec.estimator.kind
            found = estimate_information(frames, noise_model(file.rig), kind, seed=file.spec.seed)
            values.append(found.bits_per_pixel)
    return values[0], values[1]


def main(n_seeds: int, first_seed: int) -> None:
    met = 0
    print("seed  rms nm  start %  end %  residual nm  trials  frames  seconds  met")
    for seed in range(first_seed, first_seed + n_seeds):
        rms_nm = round(float(np.random.default_rng(seed).uniform(80, 120)), 1)
        file = demo_files(seed, rms_nm)
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"
            result = run_session(file, url)
            seconds = time.perf_counter() - began
            with open_database(url) as database:
                fields = database.session("last").extra["layout"]["fields"]
                trials = database.trials("last")
        assert result.best is not None
        start, ideal = information_without_aberration(file, fields)
        (residual_nm,) = residual_rms_nm(file, [result.best_settings])
        frames = int(trials["n_frames"].sum())
        end = result.best.objective / ideal
        good = end >= 0.9 and residual_nm <= 30 and len(trials) <= 100 and frames <= 800
        met += good
        print(
            f"{seed:4d}  {rms_nm:6.1f}  {start / ideal:7.1%}  {end:5.1%}  {residual_nm:11.1f}"
            f"  {len(trials):6d}  {frames:6d}  {seconds:7.1f}  {'yes' if good else 'no'}",
            flush=True,
        )
    print(f"{met} of {n_seeds} reach 90 % of the information and 30 nm rms")


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*(arguments + [10, 1000][len(arguments) :]))
