"""`sim.microscope` in phase contrast: coherence against light, and what cut-offs do not tell."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from benchmarks.rig_cases.probe import Probe, Probed
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.table import Row
from drivers.protocol import Camera
from sim.microscope import KIND

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
        one, most = measured[chosen].estimate, measured[best].estimate
        yield Row(
            f"illumination NA, 2 um out of focus: {chosen} by {name}, {best} by information",
            f"{one.bits_per_pixel:.3f} < {most.bits_per_pixel:.3f}",
            "intervals apart" if chosen != best else "",
            f"intervals {one.ci_low:.3f} to {one.ci_high:.3f}, {most.ci_low:.3f} to "
            f"{most.ci_high:.3f} bits per pixel",
        )


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

    imager, settings = rig.truth.path.imager, rig.truth.suppose()
    from sim.ledarray.imager import led_settings

    guard = imager.guard_px(led_settings(settings))
    one = imager.instrument
    side = (side_px + 2 * guard) * one.image_samples
    scene = torch.rand((side_px + 2 * guard) * one.scene_samples, dtype=torch.float32)
    scene = torch.polar(torch.ones(len(scene), len(scene)), scene.expand(len(scene), -1))
    fields = torch.rand(4, side, side, dtype=torch.complex64)
    electrons = np.full((side_px, side_px), 50.0, np.float32)
    rng = np.random.default_rng(0)

    def bare(k: int) -> None:
        torch.fft.fft2(scene)
        for _ in range(one.points // 4):
            torch.fft.ifft2(fields)
        rng.poisson(electrons)
        rng.standard_normal(electrons.shape, np.float32)

    least = _milliseconds(bare)
    for name, took in (("field", _milliseconds(field)), ("pattern", _milliseconds(light))):
        yield Row(
            f"a new {name}, {side_px} x {side_px}, over its bare FFTs and draws",
            f"{took / least:.2f}",
            "2",
            f"{took:.0f} ms against {least:.0f} ms: {one.points} transforms of {side} x {side}",
        )


def _milliseconds(work: Callable[[int], None], repeats: int = 5) -> float:
    work(0)
    times = []
    for k in range(1, repeats + 1):
        begun = perf_counter()
        work(k)
        times.append(perf_counter() - begun)
    return 1e3 * float(np.median(times))


def figure(path: Path) -> None:
    """Draw scene, frames, and information against illumination NA and focus."""
    from matplotlib.figure import Figure

    foci = (0.0, 2.0, 4.0)
    with Probe(EXAMPLE) as probe:
        seen = {(na, z): _brightfield(probe, na, z) for z in foci for na in APERTURES}
        settings = {"led.pattern": "half-plane", "led.outer_na": 0.35, "focus.z_um": 0.0}
        oblique = probe.at(settings, repeats=2)
        crop = _under_first_field()
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
    panels[1, 0].legend(title="out of focus", fontsize=8)
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


def _under_first_field() -> np.ndarray:
    """Crop the scene under the session's first field."""
    table = tomllib.loads(EXAMPLE.with_name("rig.toml").read_text(encoding="utf-8"))["driver"][0]
    options = {name: value for name, value in table.items() if name != "kind"}
    path = KIND.open(KIND.options(options, Path())).truth.path
    one, (x_um, y_um) = path.imager.instrument, (-120.0, -90.0)
    k = one.scene_samples
    rows, columns = (
        slice(
            int(s / 2 + at / one.pixel_um * k - n * k / 2),
            int(s / 2 + at / one.pixel_um * k + n * k / 2),
        )
        for s, at, n in zip(path.scene.shape, (y_um, x_um), one.shape_px, strict=True)
    )
    return np.asarray(path.scene[rows, columns])
