"""Frames per second of the simulated microscope, beside what they cannot do without.

Run ``python benchmarks/simulator.py``; one core unless ``--threads`` says more. A new field costs a
crop, one FFT there and back, and the sensor; a new mirror shape also a point spread function. The
bare costs are one real FFT there and back at the size of field and guard band, and one Poisson and
one normal draw a pixel, with nothing else done.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from drivers.protocol import Camera
from sim.microscope.fluorescence.imager import GUARDS
from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig

TRIAL_FIELDS = [(x_um, y_um) for y_um in (-30.0, 30.0) for x_um in (-75.0, -25.0, 25.0, 75.0)]


def milliseconds(work: Callable[[int], object], repeats: int = 20) -> float:
    """Median time of ``work(k)``, k = 1, 2, ..., after one call that is not counted."""
    work(0)
    times = []
    for k in range(1, repeats + 1):
        begun = perf_counter()
        work(k)
        times.append(perf_counter() - begun)
    return 1e3 * float(np.median(times))


def microscope(side_px: int) -> SimulatedRig:
    scope = KIND.open(KIND.options({"seed": 1, "height_px": side_px, "width_px": side_px}, Path()))
    scope.devices["light"].start({"light.power_mw": 1.0})
    return scope


def capture(scope: SimulatedRig) -> None:
    camera = scope.devices["camera"]
    assert isinstance(camera, Camera)
    next(camera.capture(1, 1.0))


def trial(scope: SimulatedRig, k: int) -> None:
    scope.devices["mirror"].start({"mirror.z5_nm": float(k)})
    for x_um, y_um in TRIAL_FIELDS:
        scope.devices["stage"].start({"stage.x_um": x_um, "stage.y_um": y_um})
        capture(scope)


def repeat(scope: SimulatedRig, k: int) -> None:
    capture(scope)


def new_field(scope: SimulatedRig, k: int) -> None:
    scope.devices["stage"].start({"stage.x_um": 3.0 * (k % 10)})
    capture(scope)


def new_mirror_shape(scope: SimulatedRig, k: int) -> None:
    scope.devices["mirror"].start({"mirror.z6_nm": float(k)})
    capture(scope)


def bare_fft(side_px: int) -> Callable[[int], object]:
    side = side_px + 2 * GUARDS[0]
    image = torch.rand(side, side)
    return lambda k: torch.fft.irfft2(torch.fft.rfft2(image), s=(side, side))


def bare_draws(side_px: int) -> Callable[[int], object]:
    rng = np.random.default_rng(0)
    electrons = np.full((side_px, side_px), 50.0, np.float32)
    shape = electrons.shape
    return lambda k: (rng.poisson(electrons), rng.standard_normal(shape, np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="threads that torch may use")
    torch.set_num_threads(parser.parse_args().threads)
    print(f"{'frame':>9} {'what':<34} {'ms':>8} {'frames/s':>9}")
    for side_px in (256, 512):
        scope = microscope(side_px)
        begun = perf_counter()
        capture(scope)
        first_ms = 1e3 * (perf_counter() - begun)
        rows = [
            ("repeat of a field", milliseconds(partial(repeat, scope)), 1),
            ("new field", milliseconds(partial(new_field, scope)), 1),
            ("new mirror shape", milliseconds(partial(new_mirror_shape, scope)), 1),
            ("trial: new shape, 8 fields", milliseconds(partial(trial, scope)), 8),
            ("bare FFT there and back", milliseconds(bare_fft(side_px)), 1),
            ("bare Poisson and normal draws", milliseconds(bare_draws(side_px)), 1),
        ]
        size = f"{side_px}x{side_px}"
        print(f"{size:>9} {'first frame, with scene and set-up':<34} {first_ms:8.1f}")
        for what, ms, frames in rows:
            print(f"{size:>9} {what:<34} {ms:8.2f} {1e3 * frames / ms:9.0f}")


if __name__ == "__main__":
    main()
