"""Twins of simulated satellites whose focus and shutter are not as they say; see `twins.py`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import hil.twin
from hil.information import estimate_information
from hil.noise.camera import CameraNoise
from sim.satellite.options import SatelliteOptions
from sim.satellite.path import SatellitePath
from sim.satellite.rig import KIND
from sim.satellite.unknown import SatelliteUnknown

PLACES: list[dict[str, Any]] = [
    {"pointing.along_km": y, "pointing.across_km": x} for y in (-1.3, 1.2) for x in (-1.1, 1.4)
]
HELD_OUT = 12
LINE_RATE_KHZ = 0.7
NAMES = ("focus_offset_um", "focus_scale", "exposure_offset_ms", "haze")


def settings(rng: np.random.Generator, binning: int) -> dict[str, Any]:
    longest_ms = 0.9 / LINE_RATE_KHZ
    focus_um = float(rng.uniform(-60, 60))
    exposure_ms = float(np.exp(rng.uniform(np.log(0.3), np.log(longest_ms)))) / binning**2
    return {
        "telescope.focus_um": focus_um,
        "camera.exposure_ms": exposure_ms,
        "camera.line_rate_khz": LINE_RATE_KHZ,
        "camera.gain": "low",
        "camera.binning": binning,
        "filter.centre_nm": 560.0,
        "filter.width_nm": 60.0,
    }


def expose(land: SatellitePath, stood: dict[str, Any]) -> Any:
    return np.stack([land.expose(stood | place)[None] for place in PLACES])


def bits(land: SatellitePath, stood: dict[str, Any]) -> float:
    noise = noise_of(land, stood)
    return estimate_information(expose(land, stood), noise, "stationary").bits_per_pixel


def noise_of(land: SatellitePath, stood: dict[str, Any]) -> CameraNoise:
    """Give the noise as the camera of `land` says it is."""
    sheet = land.noise_model(stood)
    return CameraNoise(sheet.gain_e_per_adu, sheet.offset_adu, sheet.read_noise_e, bit_depth=12)


def one(seed: int, trials: int, binning: int, off: bool, wrong: dict[str, float]) -> list[bool]:
    rng = np.random.default_rng([seed, 7])
    truth: dict[str, Any] = {
        "focus_offset_um": float(rng.uniform(-40, 40)),
        "focus_scale": float(rng.uniform(0.8, 1.25)),
        "exposure_offset_ms": float(rng.uniform(-0.05, 0.1)),
        "haze": float(rng.uniform(0.05, 0.4)),
    }
    said = SatellitePath(SatelliteOptions(seed=10_000 + seed, **wrong))  # type: ignore[arg-type]
    plain = said.noise_model(settings(rng, binning))
    gain, beyond_adu = (rng.uniform(0.8, 1.25), rng.uniform(-3, 3)) if off else (1.0, 0.0)
    camera = {
        "gain_e_per_adu": plain.gain_e_per_adu * gain,
        "offset_adu": plain.offset_adu + beyond_adu,
    }
    land = SatellitePath(SatelliteOptions(seed=seed, **truth, **camera))
    frames = [
        hil.twin.TrialFrames(stood, expose(land, stood), noise_of(said, stood))
        for stood in (settings(rng, binning) for _ in range(trials))
    ]
    begun, wall = time.process_time(), time.perf_counter()
    twin = hil.twin.fit(frames, SatelliteUnknown(said), gain=off)
    done = twin.finished(PLACES)
    took, waited = time.process_time() - begun, time.perf_counter() - wall
    rows = {row.name: row for row in (*twin.parameters(), *done.told)}
    truth |= {"gain": gain} if off else {}
    held = [rows[name].low <= true <= rows[name].high for name, true in truth.items()]
    errors = " ".join(
        f"{rows[name].value - true:9.2g} ({(rows[name].high - rows[name].low) / 3.92:.1g})"
        for name, true in truth.items()
    )
    assert twin.offset is not None
    others = [settings(rng, binning) for _ in range(HELD_OUT)]
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "scene.npy", done.scene)
        ratio = twin.gain.ratio if twin.gain else 1.0
        sheet = camera | {"gain_e_per_adu": plain.gain_e_per_adu * ratio}
        table = {"scene": "scene.npy", **done.options, **sheet}
        again = SatellitePath(KIND.options(table, Path(folder)))
        real, twins, second = ([bits(one, s) for s in others] for one in (land, again, land))
    rank, itself = spearmanr(real, twins).statistic, spearmanr(real, second).statistic
    bias = float(np.mean(np.subtract(twins, real)))
    print(
        f"{seed:4d} {errors} {sum(held):d}/{len(held)} {twin.fits!s:>6}"
        f" {twin.offset.beyond_adu - beyond_adu:6.2f} ({twin.offset.sd_adu:.1g})"
        f" {1 + twin.excess:8.3f} {rank:6.3f} {itself:6.3f} {bias:7.3f}"
        f" {took:5.0f} {waited:6.0f}",
        flush=True,
    )
    for words in twin.misfits:
        print(f"     {words}")
    return held


def report(
    first: int,
    count: int,
    trials: int,
    binning: int = 1,
    off: bool = False,
    wrong: dict[str, float] | None = None,
) -> None:
    print(f"{trials} trials of {len(PLACES)} fields of a satellite")
    print(
        "seed  off (its sd): focus um, scale, shutter ms, haze, gain; held  fits; camera's offset"
        " ADU; residual  rank itself    bias cpu s wall s"
    )
    every = range(first, first + count)
    held = [one(seed, trials, binning, off, wrong or {}) for seed in every]
    print(f"95 % intervals hold in {np.mean(held):.0%}:", end=" ")
    shares = np.mean(held, axis=0)
    names = [*NAMES, "gain"][: len(shares)]
    print(", ".join(f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True)))
