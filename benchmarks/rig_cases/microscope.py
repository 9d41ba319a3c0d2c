"""`sim.microscope`, fluorescence: focus against light, and what contrast does not tell."""

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
from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig

EXAMPLE = Path(__file__).parents[2] / "examples" / "microscope" / "session.toml"
FOCI_UM = tuple(round(0.1 * k, 1) for k in range(-4, 9))
TIMES_MS = (2.0, 5.0, 10.0, 25.0)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = 3 if quick else 6
    yield from optuna_against_scan(EXAMPLE, points, trials=12 if quick else 60)
    yield from _misleading()
    yield from _speed(128 if quick else 512)


def _at(probe: Probe, z_um: float, ms: float, repeats: int = 2) -> Probed:
    return probe.at({"focus.z_um": z_um, "camera.exposure_ms": ms}, repeats)


def _misleading() -> Iterator[Row]:
    """Compare brighter and softer with darker and sharper frames: neither figure sees both."""
    with Probe(EXAMPLE) as probe:
        measured = {z: _at(probe, z, 10.0, 4) for z in FOCI_UM}
        best = max(measured, key=lambda z: measured[z].estimate.bits_per_pixel)
        focus = "mtf50_cycles_per_um", "strehl", "contrast"
        chosen = {name: max(measured, key=lambda z: measured[z].metrics[name]) for name in focus}
        found = ", ".join(f"{z} um by {name}" for name, z in chosen.items())
        yield Row("focus at 10 ms by information", f"{best} um", "", found)
        sharp, dim = measured[best], _at(probe, best, 2.0, 4)
        soft, bright = _at(probe, best + 0.6, 25.0, 4), _at(probe, best + 0.3, 25.0, 4)
    snr = f"SNR {soft.metrics['snr']:.1f} > {sharp.metrics['snr']:.1f}"
    yield apart(f"25 ms 0.6 um out, 10 ms in focus ({snr})", soft.estimate, sharp.estimate)
    mtf = f"MTF50 {dim.metrics[focus[0]]:.2f} > {bright.metrics[focus[0]]:.2f}"
    yield apart(f"2 ms in focus, 25 ms 0.3 um out ({mtf})", dim.estimate, bright.estimate)


def _open(side_px: int) -> SimulatedRig:
    options = {"seed": 1, "height_px": side_px, "width_px": side_px}
    rig = KIND.open(KIND.options(options, Path()))
    rig.devices["light"].start({"light.power_mw": 1.0})
    return rig


def _speed(side_px: int) -> Iterator[Row]:
    """Time new fields and new mirror shapes beside what the physics cannot do without."""
    from sim.microscope.fluorescence.imager import FluorescenceSettings

    rig = _open(side_px)
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)

    def field(k: int) -> None:
        rig.devices["stage"].start({"stage.x_um": 3.0 * (k % 10)})
        next(iter(camera.capture(1, 1.0)))

    def shape(k: int) -> None:
        rig.devices["mirror"].start({"mirror.z6_nm": float(k)})
        next(iter(camera.capture(1, 1.0)))

    imager = rig.truth.path.imager
    guard = imager.guard(FluorescenceSettings.of(rig.truth.suppose()))
    side = side_px + 2 * guard
    image = torch.rand(side, side)
    pupil = torch.polar(image, image)

    def there_and_back(k: int) -> None:
        torch.fft.irfft2(torch.fft.rfft2(image), s=(side, side))

    def with_spread_function(k: int) -> None:
        torch.fft.ifft2(pupil)
        torch.fft.rfft2(image)
        there_and_back(k)

    yield over_bare(
        f"a new field, {side_px} x {side_px}",
        milliseconds(field),
        milliseconds(there_and_back),
        side_px,
        f"one transform there and back, {side} x {side} samples",
    )
    yield over_bare(
        f"a new mirror shape, {side_px} x {side_px}",
        milliseconds(shape),
        milliseconds(with_spread_function),
        side_px,
        f"that, and two for the point spread function, {side} x {side} samples",
    )


def figure(path: Path) -> None:
    """Draw scene, frames, and information against focus and time, with other figures beside."""
    from matplotlib.figure import Figure

    with Probe(EXAMPLE) as probe:
        seen = {(z, ms): _at(probe, z, ms) for ms in TIMES_MS for z in FOCI_UM}
        scene = probe.microscope_scene()
    best = max(FOCI_UM, key=lambda z: seen[z, 10.0].estimate.bits_per_pixel)
    drawing = Figure(figsize=(12, 6.2), layout="constrained")
    panels = drawing.subplots(2, 4)
    panels[0, 0].imshow(np.sqrt(scene), cmap="gray")
    panels[0, 0].set_title("scene: density (root)", fontsize=10)
    shown = ((best, 10.0), (best, 2.0), (FOCI_UM[-1], 25.0))
    for panel, (z, ms) in zip(panels[0, 1:], shown, strict=True):
        one = seen[z, ms]
        panel.imshow(one.frames[0, 0], cmap="gray")
        panel.set_title(
            f"{z} um, {ms:.0f} ms: {one.estimate.bits_per_pixel:.2f} bits/px", fontsize=10
        )
    for panel in panels[0]:
        panel.set_axis_off()
    for ms in TIMES_MS:
        line = [seen[z, ms].estimate.bits_per_pixel for z in FOCI_UM]
        panels[1, 0].plot(FOCI_UM, line, "o-", ms=3, label=f"{ms:.0f} ms")
    panels[1, 0].set(title="information", ylabel="bits per pixel")
    panels[1, 0].legend(title="exposure", fontsize=8, loc="upper left", ncols=2)
    panels[1, 0].set_ylim(0, 1.05)
    curves = (
        ("mtf50_cycles_per_um", "MTF50, cycles/um"),
        ("strehl", "Strehl ratio"),
        ("snr", "signal-to-noise ratio"),
    )
    for panel, (name, title) in zip(panels[1, 1:], curves, strict=True):
        for ms in TIMES_MS if name == "snr" else TIMES_MS[:1]:
            values = [seen[z, ms].metrics[name] for z in FOCI_UM]
            panel.plot(FOCI_UM, values, "o-", color=None if name == "snr" else "k", ms=3)
        panel.set_title(title)
        panel.set_ylim(bottom=0)
    for panel in panels[1]:
        panel.axvline(best, color="0.8", zorder=0)
        panel.set_xlabel("focus, um")
    drawing.savefig(path, dpi=110)
