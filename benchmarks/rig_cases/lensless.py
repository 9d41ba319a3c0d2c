"""`sim.lensless`: multiplexing, and what the mask's contrast does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.rig_cases.probe import Probe
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.speed import milliseconds, over_bare
from benchmarks.rig_cases.table import Row
from drivers.protocol import Camera
from sim.lensless import KIND

EXAMPLE = Path(__file__).parents[2] / "examples" / "lensless" / "session.toml"
IN_FOCUS = {"mask.diameter_um": 150.0, "mask.distance_mm": 4.0}


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = {"mask.apertures": 4 if quick else 16, "mask.diameter_um": 4, "mask.distance_mm": 5}
    yield from optuna_against_scan(EXAMPLE, points, trials=15 if quick else 60)
    yield from _misleading()
    yield from _speed(128 if quick else 512)


def _misleading() -> Iterator[Row]:
    """Compare the masks of best contrast, of best signal-to-noise ratio, of most information."""
    with Probe(EXAMPLE) as probe:
        measured = {
            n: probe.at({**IN_FOCUS, "mask.apertures": n}, repeats=2) for n in (1, 2, 4, 6, 8, 16)
        }
    best = max(measured, key=lambda n: measured[n].estimate.bits_per_pixel)
    for name in ("mtf50_cycles_per_mrad", "snr"):
        chosen = max(measured, key=lambda n, name=name: measured[n].metrics[name])
        one, most = measured[chosen].estimate, measured[best].estimate
        yield Row(
            f"apertures: {chosen} by {name}, {best} by information",
            f"{one.bits_per_pixel:.3f} < {most.bits_per_pixel:.3f}",
            "intervals apart" if chosen != best else "",
            f"intervals {one.ci_low:.3f} to {one.ci_high:.3f}, {most.ci_low:.3f} to "
            f"{most.ci_high:.3f} bits per pixel",
        )


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
    """Draw scene, frames, and information against apertures and diameter."""
    from matplotlib.figure import Figure

    counts = np.array([1, 2, 3, 4, 6, 8, 12, 16])
    diameters = np.array([60.0, 90.0, 120.0, 150.0])
    bits = np.empty((diameters.size, counts.size))
    shown = {}
    with Probe(EXAMPLE) as probe:
        for i, diameter in enumerate(diameters):
            for j, count in enumerate(counts):
                settings = {
                    "mask.apertures": int(count),
                    "mask.diameter_um": float(diameter),
                    "mask.distance_mm": 4.0,
                }
                measured = probe.at(settings)
                bits[i, j] = measured.estimate.bits_per_pixel
                shown[float(diameter), int(count)] = measured
    drawing = Figure(figsize=(11, 6.2), layout="constrained")
    panels = drawing.subplots(2, 3)
    best = int(counts[bits[-1].argmax()])
    for panel, count in zip(panels[0], (1, best, 16), strict=True):
        measured = shown[150.0, count]
        panel.imshow(measured.frames[0, 0], cmap="gray")
        panel.set_title(
            f"{count} lenslet{'s' if count > 1 else ''}: "
            f"{measured.estimate.bits_per_pixel:.2f} bits per pixel",
            fontsize=10,
        )
        panel.set_axis_off()
    for i, diameter in enumerate(diameters):
        panels[1, 0].plot(counts, bits[i], "o-", label=f"{diameter:.0f} um")
    panels[1, 0].set(xlabel="lenslets", ylabel="bits per pixel", title="information")
    names = (("mtf50_cycles_per_mrad", "MTF50, cycles/mrad"), ("snr", "signal-to-noise ratio"))
    for panel, (name, title) in zip(panels[1, 1:], names, strict=True):
        for diameter in diameters:
            label = f"{diameter:.0f} um"
            values = [shown[float(diameter), int(count)].metrics[name] for count in counts]
            panel.plot(counts, values, "o-", label=label)
        panel.set(xlabel="lenslets", title=title)
        panel.axvline(best, color="0.7", zorder=0)
    panels[1, 0].axvline(best, color="0.7", zorder=0)
    panels[1, 1].legend(title="diameter", fontsize=8)
    drawing.savefig(path, dpi=110)
