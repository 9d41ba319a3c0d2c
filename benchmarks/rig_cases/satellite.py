"""`sim.satellite`: what contrast and signal-to-noise ratio do not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.rig_cases.probe import Probe
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.speed import milliseconds, over_bare
from benchmarks.rig_cases.table import Row, apart
from drivers.protocol import Camera
from sim.satellite import KIND

EXAMPLE = Path(__file__).parents[2] / "examples" / "satellite" / "session.toml"
BANDS_NM = (460.0, 560.0, 660.0, 760.0, 860.0)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = (
        3
        if quick
        else {
            "telescope.focus_um": 5,
            "filter.centre_nm": 10,
            "camera.exposure_ms": 10,
            "camera.gain": 2,
        }
    )
    yield from optuna_against_scan(EXAMPLE, points, trials=15 if quick else 60)
    yield from _misleading()
    yield from _speed(128 if quick else 512)


def _misleading() -> Iterator[Row]:
    """Compare the bands of best contrast and of most information; and focus, for the ratio."""
    with Probe(EXAMPLE) as probe:
        measured = {
            nm: probe.at({"filter.centre_nm": nm, "camera.exposure_ms": 1.0}, 2) for nm in BANDS_NM
        }
        soft = probe.at(
            {"filter.centre_nm": 660.0, "camera.exposure_ms": 1.5, "telescope.focus_um": 60.0}, 2
        )
    best = max(measured, key=lambda nm: measured[nm].estimate.bits_per_pixel)
    sharpest = max(measured, key=lambda nm: measured[nm].metrics["mtf_nyquist"])
    case = f"band: {sharpest:.0f} nm by MTF, {best:.0f} nm by information"
    yield apart(case, measured[sharpest].estimate, measured[best].estimate)
    sharp = measured[660.0]
    yield apart(
        f"660 nm: 1.5 ms, 60 um out of focus (SNR {soft.metrics['snr']:.0f}), or 1 ms in focus "
        f"(SNR {sharp.metrics['snr']:.0f})",
        soft.estimate,
        sharp.estimate,
    )


def _speed(side_px: int) -> Iterator[Row]:
    """Time a new field beside the transforms and random numbers that the physics needs."""
    rig = KIND.open(KIND.options({"side_px": side_px}, Path()))
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)

    def field(k: int) -> None:
        rig.devices["pointing"].start({"pointing.across_km": 0.1 * (k % 10)})
        rig.devices["pointing"].settle(10.0)
        next(iter(camera.capture(1, 1.0)))

    from sim.satellite.imager import Exposure

    down, across = rig.truth.path.telescope.grid(Exposure.of(rig.truth.suppose()))
    bands = torch.rand(4, down, across)
    spectrum = torch.fft.rfft2(bands[0])

    def bare(k: int) -> None:
        torch.fft.rfft2(bands)
        torch.fft.irfft2(spectrum, s=(down, across))

    yield over_bare(
        f"a new field, {side_px} x {side_px}",
        milliseconds(field),
        milliseconds(bare),
        side_px,
        f"four bands forward and one image back, {down} x {across} samples",
    )


def figure(path: Path) -> None:
    """Draw frames, and information against band and time, with the figures of merit beside."""
    from matplotlib.figure import Figure

    times_ms = np.array([0.1, 0.2, 0.4, 0.8, 1.5, 2.8])
    measured = {}
    with Probe(EXAMPLE) as probe:
        for nm in BANDS_NM:
            for ms in times_ms:
                settings = {"filter.centre_nm": nm, "camera.exposure_ms": float(ms)}
                measured[nm, float(ms)] = probe.at(settings)
        telescope, land = probe.truth.path.telescope.telescope, probe.truth.path.scene
    drawing = Figure(figsize=(13, 6.2), layout="constrained")
    panels = drawing.subplots(2, 4)
    line_m = telescope.speed_m_s / 350.0  # at the session's rate
    rows, columns = (
        slice(
            round(side / 2 + (-2500 - half_m) / (telescope.ground_m / 2)),
            round(side / 2 + (-2500 + half_m) / (telescope.ground_m / 2)),
        )
        for side, half_m in zip(land.shape[1:], (48 * line_m, 48 * telescope.ground_m), strict=True)
    )
    colours = land[[2, 1, 0], rows, columns].transpose(1, 2, 0)
    panels[0, 0].imshow(np.clip(colours / 0.25, 0, 1), aspect="auto")
    panels[0, 0].set_title("scene: reflectance, red green blue", fontsize=10)
    panels[0, 0].set_axis_off()
    for panel, key in zip(panels[0, 1:], ((460.0, 1.5), (660.0, 0.1), (660.0, 1.5)), strict=True):
        one = measured[key]
        panel.imshow(one.frames[0, 0], cmap="gray")
        panel.set_title(
            f"{key[0]:.0f} nm, {key[1]:g} ms: {one.estimate.bits_per_pixel:.2f} bits/px",
            fontsize=10,
        )
        panel.set_axis_off()
    curves = (
        ("information, bits per pixel", lambda one: one.estimate.bits_per_pixel),
        ("MTF at Nyquist", lambda one: one.metrics["mtf_nyquist"]),
        ("signal-to-noise ratio", lambda one: one.metrics["snr"]),
    )
    for panel, (title, value) in zip(panels[1, :3], curves, strict=True):
        for ms in times_ms:
            label = f"{ms:g} ms"
            panel.plot(
                BANDS_NM, [value(measured[nm, float(ms)]) for nm in BANDS_NM], "o-", label=label
            )
        panel.set(xlabel="middle of the band, nm", title=title)
    for nm in (460.0, 660.0, 860.0):
        line = [measured[nm, float(ms)].estimate.bits_per_pixel for ms in times_ms]
        panels[1, 3].plot(times_ms, line, "o-", label=f"{nm:.0f} nm")
    panels[1, 3].set(xlabel="exposure, ms", xscale="log", title="information, bits per pixel")
    panels[1, 3].legend(title="band", fontsize=8)
    panels[1, 0].legend(title="exposure", fontsize=8, ncols=2)
    panels[1, 0].set_ylim(0, 4.2)
    drawing.savefig(path, dpi=110)
