"""`sim.microscope` in phase contrast: coherence against light, and what cut-offs do not tell."""

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

EXAMPLE = Path(__file__).parents[2] / "examples" / "ledarray" / "session.toml"
APERTURES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = {"led.outer_na": 4 if quick else 10, "focus.z_um": 4 if quick else 9}
    points["led.pattern"] = 2
    yield from optuna_against_scan(EXAMPLE, points, trials=15 if quick else 60)
    yield from _misleading()
    yield from _speed(128 if quick else 512)


def _misleading() -> Iterator[Row]:
    """Compare the condensers of best cut-off, SNR and contrast with that of most information."""
    with Probe(EXAMPLE) as probe:
        measured = {na: _brightfield(probe, na, 2.0) for na in APERTURES}
    best = max(measured, key=lambda na: measured[na].estimate.bits_per_pixel)
    for name in ("cutoff_cycles_per_um", "snr", "contrast"):
        chosen = max(measured, key=lambda na, name=name: measured[na].metrics[name])
        case = f"illumination NA, 2 um out of focus: {chosen} by {name}, {best} by information"
        yield apart(case, measured[chosen].estimate, measured[best].estimate)


def _brightfield(probe: Probe, outer_na: float, z_um: float) -> Probed:
    settings = {"led.pattern": "brightfield", "led.outer_na": outer_na, "focus.z_um": z_um}
    return probe.at(settings, repeats=2)


def _speed(side_px: int) -> Iterator[Row]:
    """Time fields and patterns beside the transforms and random numbers that the physics needs."""
    options = {
        "contrast": "phase",
        "numerical_aperture": 0.4,
        "refractive_index": 1.0,
        "magnification": 20.0,
        "scene_um": 400.0,
        "height_px": side_px,
        "width_px": side_px,
    }
    rig = KIND.open(KIND.options(options, Path()))
    rig.devices["led"].start({"led.power_mw": 1.0})
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)

    def field(k: int) -> None:
        rig.devices["stage"].start({"stage.x_um": 3.0 * k})
        next(iter(camera.capture(1, 1.0)))

    def light(k: int) -> None:
        rig.devices["led"].start({"led.outer_na": 0.2 + 0.01 * k})
        next(iter(camera.capture(1, 1.0)))

    from scipy.fft import next_fast_len

    from sim.microscope.led_array.imager import led_settings

    imager = rig.truth.path.imager
    one, guard = imager.instrument, imager.guard_px(led_settings(rig.truth.suppose()))
    grid_px = next_fast_len(side_px + 2 * guard)
    side, fine = grid_px * one.image_samples, grid_px * one.scene_samples
    phase = torch.rand(fine, fine)
    scene = torch.polar(torch.ones_like(phase), phase)
    # as many at a time as the imager takes
    fields = torch.rand(max(1, int(48e6 // (16 * side**2))), side, side, dtype=torch.complex64)
    image = torch.rand(side, side)

    def bare(k: int) -> None:
        torch.fft.fft2(scene)
        for _ in range(one.points // len(fields)):
            torch.fft.ifft2(fields)
        torch.fft.irfft2(torch.fft.rfft2(image), s=(side, side))

    least_ms = milliseconds(bare, 5)
    for name, work in (("field", field), ("pattern", light)):
        yield over_bare(
            f"a new {name}, {side_px} x {side_px}",
            milliseconds(work, 5),
            least_ms,
            side_px,
            f"{one.points} transforms of {side} x {side}, one of {fine} x {fine}, and a real one",
        )


def figure(path: Path) -> None:
    """Draw scene, frames, and information against illumination NA and focus."""
    from matplotlib.figure import Figure

    foci = (0.0, 2.0, 4.0)
    with Probe(EXAMPLE) as probe:
        seen = {(na, z): _brightfield(probe, na, z) for z in foci for na in APERTURES}
        settings = {"led.pattern": "half-plane", "led.outer_na": 0.35, "focus.z_um": 0.0}
        oblique = probe.at(settings, repeats=2)
        crop = probe.microscope_scene()
    drawing = Figure(figsize=(12, 6.2), layout="constrained")
    panels = drawing.subplots(2, 4)
    panels[0, 0].imshow(crop, cmap="gray")
    panels[0, 0].set_title(f"scene: delay, up to {crop.max():.0f} nm", fontsize=10)
    bits = {na: seen[na, 2.0].estimate.bits_per_pixel for na in APERTURES}
    best = max(bits, key=bits.__getitem__)
    frames = (
        (f"NA {best}, 2 um out", seen[best, 2.0]),
        ("NA 0.4, 2 um out", seen[0.4, 2.0]),
        ("half-plane, NA 0.35", oblique),
    )
    for panel, (title, one) in zip(panels[0, 1:], frames, strict=True):
        panel.imshow(one.frames[0, 0], cmap="gray")
        panel.set_title(f"{title}: {one.estimate.bits_per_pixel:.2f} bits/px", fontsize=10)
    for panel in panels[0]:
        panel.set_axis_off()
    for z in foci:
        line = [seen[na, z].estimate for na in APERTURES]
        middle = np.array([one.bits_per_pixel for one in line])
        spread = [middle - [one.ci_low for one in line], [one.ci_high for one in line] - middle]
        panels[1, 0].errorbar(APERTURES, middle, spread, fmt="o-", ms=3, label=f"{z:.0f} um")
    panels[1, 0].set(ylabel="bits per pixel", title="information, brightfield")
    panels[1, 0].legend(title="out of focus", fontsize=8, ncols=3)
    panels[1, 0].set_ylim(0.3, 1.75)
    for panel, name, title in (
        (panels[1, 1], "cutoff_cycles_per_um", "cut-off, cycles/um"),
        (panels[1, 2], "snr", "signal-to-noise ratio"),
        (panels[1, 3], "contrast", "contrast"),
    ):
        values = [seen[na, 2.0].metrics[name] for na in APERTURES]
        panel.plot(APERTURES, values, "o-", color="tab:red", ms=3)
        panel.set_title(title)
    for panel in panels[1]:
        panel.set_xlabel("illumination NA")
    drawing.savefig(path, dpi=110)
