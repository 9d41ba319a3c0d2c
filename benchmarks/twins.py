"""Twins of simulated microscopes with hidden aberration, light and background.

``python benchmarks/twins.py [N] [--trials 12] [--few|--off|--satellite]`` fits N of them (20 by
default) and prints for each how far the twin is off, and at the end how often 95 % intervals hold;
``itself`` is the rank correlation of the microscope with itself, which no twin can better.
``--few`` prints what 3, 5, 9 and 12 frames of a single field leave of the wavefront; ``--off``
hides scales and signs of the two modes that move, and the camera's gain, too. ``--satellite`` does
the first with satellites whose focus and shutter are not as they say, under haze; with ``--off``
the camera's gain and offset are not, either. ``--wrong NAME=VALUE`` has a number wrong that is
taken as said: what the file says of a satellite's telescope (``aperture_mm=60``), or what a
microscope's camera really has (``offset_adu=102``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[1]))

import hil.twin
from hil.information import estimate_information
from hil.noise.camera import CameraNoise
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.fluorescence.unknown import FluorescenceUnknown
from sim.microscope.options import MicroscopeOptions
from sim.microscope.rig import KIND
from sim.microscope.stand.mirror import MIRROR_SETTINGS

NOISE = CameraNoise(0.5, 100, 1.6)
PLACES: list[dict[str, Any]] = [
    {"stage.x_um": x, "stage.y_um": y} for y in (-15.0, 15.0) for x in (-15.0, 15.0)
]
HELD_OUT = 12
SCENES = ("mixed", "cells", "fibres", "blobs")
COMMON = {"height_px": 128, "width_px": 128}


def settings(rng: np.random.Generator, modes: tuple[str, ...], exposure: bool) -> dict[str, Any]:
    stood: dict[str, Any] = {"light.power_mw": 1.0, "camera.exposure_ms": 10.0}
    stood |= {"camera.binning": 1, "focus.z_um": float(rng.uniform(-1, 1))}
    stood |= dict.fromkeys(MIRROR_SETTINGS, 0.0)
    stood |= {name: float(rng.uniform(-80, 80)) for name in modes}
    if exposure:
        stood["camera.exposure_ms"] = float(np.exp(rng.uniform(np.log(2), np.log(50))))
    return stood


def hidden(
    seed: int, rng: np.random.Generator, wrong: dict[str, float] | None = None
) -> FluorescencePath:
    return FluorescencePath(
        MicroscopeOptions(
            **(wrong or {}),  # type: ignore[arg-type]
            seed=seed,
            aberration_rms_nm=float(rng.uniform(60, 140)),
            photons_per_uj=float(np.exp(rng.uniform(np.log(1.5), np.log(6)))),
            background=float(rng.uniform(0.3, 2)),
            scene=SCENES[seed % len(SCENES)],
            scene_um=80.0,
            **COMMON,
        )
    )


def expose(scope: FluorescencePath, stood: dict[str, Any], places: list[dict[str, Any]]) -> Any:
    return np.stack([scope.expose(stood | place)[None] for place in places])


def bits(scope: FluorescencePath, stood: dict[str, Any]) -> float:
    return estimate_information(expose(scope, stood, PLACES), NOISE, "stationary").bits_per_pixel


def level(scope: FluorescencePath) -> float:
    """Mean density in the fields: a twin's density is 1 there."""
    middle = [size / 2 for size in scope.scene.shape]
    means = []
    for place in PLACES:
        top, left = (
            round(m + float(place[name]) / scope.pitch_um - 64)
            for m, name in zip(middle, ("stage.y_um", "stage.x_um"), strict=True)
        )
        means.append(scope.scene[top : top + 128, left : left + 128].mean())
    return float(np.mean(means))


def one(seed: int, trials: int, wrong: dict[str, float]) -> list[bool]:
    rng = np.random.default_rng(seed)
    scope = hidden(seed, rng, wrong)
    modes = ("mirror.z5_nm", "mirror.z6_nm")
    stood = [settings(rng, modes, True) for _ in range(trials)]
    frames = [hil.twin.TrialFrames(s, expose(scope, s, PLACES), NOISE) for s in stood]
    unknown = FluorescenceUnknown(FluorescencePath(MicroscopeOptions(seed=10_000 + seed, **COMMON)))
    begun, wall = time.process_time(), time.perf_counter()
    twin = hil.twin.fit(frames, unknown)
    done = twin.finished(PLACES)
    took, waited = time.process_time() - begun, time.perf_counter() - wall
    off = twin.values.numpy() - np.array(scope.aberration_nm)
    held = [
        row.low <= truth <= row.high
        for row, truth in zip(twin.parameters(), scope.aberration_nm, strict=True)
    ]
    mean = level(scope)
    light, haze = done.told
    true_light, true_haze = scope.options.photons_per_uj * mean, scope.options.background / mean
    held += [light.low <= true_light <= light.high, haze.low <= true_haze <= haze.high]
    product = light.value * (1 + haze.value) / (true_light * (1 + true_haze)) - 1
    others = [settings(rng, modes, True) for _ in range(HELD_OUT)]
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "scene.npy", done.scene)
        table = {**COMMON, "scene": "scene.npy", **done.options}
        again = FluorescencePath(KIND.options(table, Path(folder)))
        real, twins, second = ([bits(one, s) for s in others] for one in (scope, again, scope))
    rank, itself = spearmanr(real, twins).statistic, spearmanr(real, second).statistic
    apart = float(np.std(real)), float(np.std(np.subtract(second, real))) / 2**0.5
    bias = np.subtract(twins, real)
    print(
        f"{seed:4d} {np.linalg.norm(scope.aberration_nm):6.0f} {np.linalg.norm(off):8.2f}"
        f" {sum(held):5d}/{len(held)} {100 * product:8.2f} {twin.fits!s:>6}"
        f" {1 + twin.excess:8.3f} {rank:8.3f} {itself:8.3f} {apart[0]:8.4f} {apart[1]:8.4f}"
        f" {np.mean(bias):8.4f} {np.std(bias) / 2**0.5:8.4f} {took:6.0f} {waited:6.0f}",
        flush=True,
    )
    for words in twin.misfits:
        print(f"     {words}")
    return held


def off(seed: int, trials: int) -> list[bool]:
    """Two modes that move otherwise than they say, and another gain."""
    rng = np.random.default_rng([seed, 1])
    modes = ("mirror.z5_nm", "mirror.z6_nm")
    scale = {name: float(rng.uniform(0.7, 1.3) * rng.choice([-1, 1])) for name in modes}
    gain = float(rng.uniform(0.8, 1.25))
    wrong = {"axis_scale": scale, "gain_e_per_adu": gain * NOISE.gain_e_per_adu}
    plain = hidden(seed, rng).options.model_dump(exclude_unset=True)
    scope = FluorescencePath(MicroscopeOptions(**plain, **wrong))
    stood = [settings(rng, modes, True) for _ in range(trials)]
    frames = [hil.twin.TrialFrames(s, expose(scope, s, PLACES), NOISE) for s in stood]
    blank = FluorescenceUnknown(FluorescencePath(MicroscopeOptions(seed=10_000 + seed, **COMMON)))
    names = [f"axis_scale.{name}" for name in modes]
    begun = time.process_time()
    twin = hil.twin.fit(frames, blank.with_further(names), gain=True)
    took = time.process_time() - begun
    truth = [*scope.aberration_nm, *scale.values(), gain]
    rows = twin.parameters()
    held = [row.low <= true <= row.high for row, true in zip(rows, truth, strict=True)]
    left = np.linalg.norm(twin.values.numpy()[:8] - np.array(scope.aberration_nm))
    errors = " ".join(
        f"{row.value:6.3f} ({row.low:.3f} to {row.high:.3f}) of {true:.3f}"
        for row, true in zip(rows[8:], truth[8:], strict=True)
    )
    print(
        f"{seed:4d} {left:6.2f} {sum(held):5d}/{len(held)} {twin.fits!s:>6} {errors} {took:5.0f} s"
    )
    sys.stdout.flush()
    return held


def few(n: int) -> None:
    """Frames of one field, all modes moved: what is left of the wavefront after so many."""
    print("frames  residual nm rms: median, worst; seconds of the processor, median")
    rows: dict[int, list[tuple[float, float]]] = {3: [], 5: [], 9: [], 12: []}
    for seed in range(n):
        rng = np.random.default_rng(seed)
        scope = hidden(seed, rng)
        stood = [settings(rng, MIRROR_SETTINGS, False) for _ in range(max(rows))]
        frames = [hil.twin.TrialFrames(s, expose(scope, s, PLACES[:1]), NOISE) for s in stood]
        blank = FluorescencePath(MicroscopeOptions(seed=10_000 + seed, **COMMON))
        twin = None
        for count, found in rows.items():
            begun = time.process_time()
            twin = hil.twin.fit(frames[:count], FluorescenceUnknown(blank), start=twin)
            left = np.linalg.norm(twin.values.numpy() - np.array(scope.aberration_nm))
            found.append((float(left), time.process_time() - begun))
    for count, found in rows.items():
        left, seconds = zip(*found, strict=True)
        print(f"{count:6d}  {np.median(left):6.1f} {max(left):6.1f}  {np.median(seconds):6.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n", nargs="?", type=int, default=20, help="how many microscopes")
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--off", action="store_true")
    parser.add_argument("--satellite", action="store_true")
    parser.add_argument("--binning", type=int, default=1, help="of satellites' frames")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--wrong", action="append", default=[], metavar="NAME=VALUE")
    wanted = parser.parse_args()
    wrong = {name: float(value) for name, _, value in (one.partition("=") for one in wanted.wrong)}
    if wanted.satellite:
        from benchmarks.twin_cases.satellite import report

        report(wanted.first, wanted.n, wanted.trials, wanted.binning, wanted.off, wrong)
        return
    if wanted.few:
        few(wanted.n)
        return
    if wanted.off:
        print("seed left nm  held  fits  scale of z5, of z6, gain; each of what it is")
        every = range(wanted.first, wanted.first + wanted.n)
        kept = [off(seed, wanted.trials) for seed in every]
        print(
            f"95 % intervals hold in {np.mean(kept):.0%}; of scales and gain {np.mean(kept, 0)[8:]}"
        )
        return
    print(f"{wanted.trials} trials of {len(PLACES)} fields")
    print(
        "seed hidden  left nm  held  light(1+b) %  fits  residual  rank  itself   spread  chance"
        "     bias  scatter  cpu s wall s"
    )
    every = range(wanted.first, wanted.first + wanted.n)
    held = [one(seed, wanted.trials, wrong) for seed in every]
    each = np.mean(held, axis=0)
    names = [*(f"z{j}" for j in range(4, 12)), "light", "background"]
    print(f"95 % intervals hold in {np.mean(held):.0%}:", end=" ")
    print(", ".join(f"{name} {share:.0%}" for name, share in zip(names, each, strict=True)))


if __name__ == "__main__":
    main()
