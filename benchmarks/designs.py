"""Lenslets by gradient and by trials: `python benchmarks/designs.py [TRIALS] [SEEDS]`.

Four lenslets, ten settings: their places, their diameter, their distance. Both begin where the rig
stands, see the same scenes under the same noise, and are judged by other fields of view: expected
information there, and what `predictive` finds in frames drawn. Of the gradient's time, that of the
search is told apart from that of measuring its designs (four trials of the session). All times are
processor time of this process; `python benchmarks/designs.py 0` leaves the trials out.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import hil
from hil.design import design_session
from hil.information import estimate_information
from hil.information.torch import expected_information
from hil.noise import CameraNoise

CAMERA = CameraNoise(gain_e_per_adu=2.5, offset_adu=20, read_noise_e=5, bit_depth=12)
RIG = """
name = "lenslets"
camera = "camera"

[[driver]]
kind = "sim.lensless"
side_px = 96
seed = {seed}

[noise]
kind = "camera"
gain_e_per_adu = 2.5
offset_adu = 20
read_noise_e = 5
bit_depth = 12

[setup]
"mask.apertures" = 4
"camera.exposure_ms" = 20
"""
SESSION = """
name = "lenslets"
rig = "rig.toml"
trials = {trials}
seed = {seed}

[measure]
fields = [{fields}]
repeats = 1
"""
AXES = {
    **{f"mask.{axis}{i}_um": (-150.0, 150.0) for i in range(1, 5) for axis in "xy"},
    "mask.diameter_um": (60.0, 250.0),
    "mask.distance_mm": (3.0, 6.0),
}


def _files(folder: Path, trials: int, seed: int) -> Path:
    places = [(x, y) for x in (-450, -150, 150, 450) for y in (-300, 300)]
    fields = ", ".join(f'{{ "pointing.x_mrad" = {x}, "pointing.y_mrad" = {y} }}' for x, y in places)
    search = "".join(
        f'\n[[search]]\nsetting = "{name}"\nlow = {low}\nhigh = {high}\n'
        for name, (low, high) in AXES.items()
    )
    (folder / "rig.toml").write_text(RIG.format(seed=seed), encoding="utf-8")
    text = SESSION.format(trials=trials, seed=seed, fields=fields) + search
    (folder / "session.toml").write_text(text, encoding="utf-8")
    return folder / "session.toml"


def _judged(folder: Path, settings: Mapping[str, Any]) -> tuple[float, float]:
    """Give expected information, and what is found in frames drawn, at other fields of view."""
    with hil.load_rig(folder / "rig.toml") as rig:
        path = rig.truth.path
        whole = {**rig.truth.suppose(), "mask.apertures": 4, "camera.exposure_ms": 20.0, **settings}
    others = [
        {"pointing.x_mrad": float(x), "pointing.y_mrad": float(y)}
        for x in (-375, -225, -75, 75, 225, 375)
        for y in (-200, 0, 200)
    ]
    with torch.no_grad():
        electrons = path.electrons_with_gradient(whole, others).double()
        expected = float(expected_information(electrons, CAMERA))
    frames = CAMERA.sample(electrons.numpy(), np.random.default_rng(0))
    return expected, estimate_information(frames, CAMERA).bits_per_pixel


class _Heard:
    """Processor time from the first line that is said to the last."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def __call__(self, line: str) -> None:
        self._times.append(time.process_time())

    @property
    def between(self) -> str:
        return f"{self._times[-1] - self._times[0]:.1f}" if self._times else ""


def main() -> None:
    """Print both, seed by seed."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    print(
        "| seed | by | CPU s | of which search | expected at other fields | found in frames |\n"
        "|---|---|---|---|---|---|"
    )
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            session = _files(folder, max(trials, 1), seed)
            ways = ("where it stood", "gradient", *([f"{trials} trials"] if trials else []))
            for by in ways:
                url = f"sqlite:///{folder.as_posix()}/{len(by)}.db"
                began = time.process_time()
                settings: Mapping[str, Any] = {}
                heard = _Heard()
                if by == "gradient":
                    settings = design_session(session, url, said=heard).best_settings
                elif by != "where it stood":
                    settings = hil.run_session(session, url).best_settings
                cpu_s = time.process_time() - began
                expected, found = _judged(folder, settings)
                row = (seed, by, f"{cpu_s:.1f}", heard.between, f"{expected:.4f}", f"{found:.4f}")
                print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
