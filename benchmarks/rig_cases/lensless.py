"""`sim.lensless`: multiplexing, and what the mask's contrast does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from benchmarks.rig_cases.probe import Probe
from benchmarks.rig_cases.search import optuna_against_scan
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
        next(iter(camera.capture(1, 1.0)))

    from sim.lensless.imager import mask_settings

    settings = {name: value for d in rig.devices.values() for name, value in _present(d).items()}
    side = rig.truth.path.imager.grid(mask_settings(settings))
    image = torch.rand(side, side)
    electrons = np.full((side_px, side_px), 50.0, np.float32)
    rng = np.random.default_rng(0)

    def bare(k: int) -> None:
        torch.fft.irfft2(torch.fft.rfft2(image), s=(side, side))
        rng.poisson(electrons)
        rng.standard_normal(electrons.shape, np.float32)

    took, least = _milliseconds(field), _milliseconds(bare)
    yield Row(
        f"a new field, {side_px} x {side_px}, over its bare FFTs and draws",
        f"{took / least:.2f}",
        "2",
        f"{took:.1f} ms against {least:.1f} ms; the transforms have {side} x {side} samples",
    )


def _present(device: object) -> dict[str, float | int | str]:
    found = getattr(device, "present", dict)()
    return {name: value for name, value in found.items() if not name.startswith("metrics.")}


def _milliseconds(work: object, repeats: int = 9) -> float:
    assert callable(work)
    work(0)
    times = []
    for k in range(1, repeats + 1):
        begun = perf_counter()
        work(k)
        times.append(perf_counter() - begun)
    return 1e3 * float(np.median(times))


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
