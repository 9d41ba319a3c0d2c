"""`sim.lensless`: multiplexing, and what the mask's contrast does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.rig_cases.probe import Probe, Probed
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.speed import milliseconds, over_bare
from benchmarks.rig_cases.table import Row, apart
from drivers.protocol import Camera
from drivers.types import Value
from sim.lensless import KIND
from sim.lensless.scenes import PITCH_RAD

EXAMPLE = Path(__file__).parents[2] / "examples" / "lensless" / "session.toml"
COUNTS = (1, 2, 3, 4, 6, 8, 12, 16)
SHOWN = (1, 2, 6, 16)
DISTANCE_MM = 4.0
PIXELS_ANGLE_RAD = 128 * 5e-3 / DISTANCE_MM  # what the sensor sees through one lenslet
TIMES_MS = (40.0, 60.0, 90.0, 135.0, 200.0)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = (
        4
        if quick
        else {
            "mask.apertures": 8,
            "mask.distance_mm": 5,
            "camera.exposure_ms": 10,
        }
    )
    yield from optuna_against_scan(EXAMPLE, points, trials=15 if quick else 60)
    yield from _misleading()
    yield from _speed(128 if quick else 512)


def _longest(probe: Probe) -> dict[int, tuple[float, Probed]]:
    """Measure every mask at the longest exposure that does not clip, ms."""
    found = {}
    for count in COUNTS:
        settings: dict[str, Value] = {"mask.apertures": count, "mask.distance_mm": DISTANCE_MM}
        ms = probe.longest_unclipped_ms(settings, 20.0, 500.0)
        found[count] = ms, probe.at({**settings, "camera.exposure_ms": ms})
    return found


def _misleading() -> Iterator[Row]:
    """Compare the masks of best contrast, of best signal-to-noise ratio, of most information."""
    with Probe(EXAMPLE) as probe:
        longest = {count: one for count, (_, one) in _longest(probe).items()}
    best = max(longest, key=lambda count: longest[count].estimate.bits_per_pixel)
    for name in ("mtf50_cycles_per_mrad", "snr"):
        chosen = max(longest, key=lambda count, name=name: longest[count].metrics[name])
        case = f"lenslets, each unclipped: {chosen} by {name}, {best} by information"
        yield apart(case, longest[chosen].estimate, longest[best].estimate)


def _speed(side_px: int) -> Iterator[Row]:
    """Time a new field beside the transforms and random numbers that the physics needs."""
    rig = KIND.open(KIND.options({"side_px": side_px}, Path()))
    rig.devices["mask"].start({"mask.apertures": 4})
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)

    def field(k: int) -> None:
        rig.devices["pointing"].start({"pointing.x_mrad": 10.0 * k})
        rig.devices["pointing"].settle(10.0)
        next(iter(camera.capture(1, 1.0)))

    from sim.lensless.imager import mask_settings

    side = rig.truth.path.imager.grid(mask_settings(rig.truth.suppose()))
    image = torch.rand(side, side)
    yield over_bare(
        f"a new field, {side_px} x {side_px}",
        milliseconds(field),
        milliseconds(lambda k: torch.fft.irfft2(torch.fft.rfft2(image), s=(side, side))),
        side_px,
        f"one transform there and back, {side} x {side} samples",
    )


def figure(path: Path) -> None:
    """Draw scene, frames, and information against lenslets and time, with other figures beside."""
    from matplotlib.figure import Figure
    from scipy.ndimage import maximum_filter

    with Probe(EXAMPLE) as probe:
        longest = _longest(probe)
        lines = {
            count: {
                ms: probe.at(
                    {
                        "mask.apertures": count,
                        "mask.distance_mm": DISTANCE_MM,
                        "camera.exposure_ms": ms,
                    }
                )
                for ms in TIMES_MS
                if ms < longest[count][0]
            }
            | {longest[count][0]: longest[count][1]}
            for count in SHOWN
        }
        scene = probe.truth.path.scene
    best = max(COUNTS, key=lambda count: longest[count][1].estimate.bits_per_pixel)
    drawing = Figure(figsize=(13, 6.2), layout="constrained")
    panels = drawing.subplots(2, 4)
    half = round(PIXELS_ANGLE_RAD / PITCH_RAD / 2)
    row, column = (round(scene.shape[0] / 2 + at_rad / PITCH_RAD) for at_rad in (-0.300, -0.450))
    seen = scene[row - half : row + half, column - half : column + half]
    # points of one sample would be too small to see
    panels[0, 0].imshow(np.sqrt(maximum_filter(seen, 3)), cmap="gray")
    panels[0, 0].set_title("scene (root of radiance, points enlarged)", fontsize=10)
    for panel, count in zip(panels[0, 1:], (1, best, COUNTS[-1]), strict=True):
        ms, one = longest[count]
        panel.imshow(one.frames[0, 0], cmap="gray")
        panel.set_title(
            f"{count} lenslet{'s' if count > 1 else ''}, {ms:.0f} ms: "
            f"{one.estimate.bits_per_pixel:.2f} bits/px",
            fontsize=10,
        )
    for panel in panels[0]:
        panel.set_axis_off()
    for count, by_time in lines.items():
        bits = [one.estimate.bits_per_pixel for one in by_time.values()]
        panels[1, 0].plot(list(by_time), bits, "o-", ms=3, label=str(count))
    panels[1, 0].set(
        xlabel="exposure, ms, until it clips", xscale="log", title="information, bits per pixel"
    )
    ticks = (50, 100, 200, 400)
    panels[1, 0].set_xticks(ticks, [str(ms) for ms in ticks])
    panels[1, 0].minorticks_off()
    panels[1, 0].legend(title="lenslets", fontsize=8)
    curves = (
        (None, "at the longest time"),
        ("mtf50_cycles_per_mrad", "MTF50, cycles/mrad"),
        ("snr", "signal-to-noise ratio"),
    )
    for panel, (name, title) in zip(panels[1, 1:], curves, strict=True):
        measured = [longest[count][1] for count in COUNTS]
        values = [one.metrics[name] if name else one.estimate.bits_per_pixel for one in measured]
        panel.plot(COUNTS, values, "ko-", ms=3)
        panel.set(xlabel="lenslets", title=title)
        panel.axvline(best, color="0.7", zorder=0)
    drawing.savefig(path, dpi=110)
