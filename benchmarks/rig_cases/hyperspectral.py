"""`sim.hyperspectral`: what light, resolution and angles between spectra do not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from benchmarks.rig_cases.probe import Probe, Probed
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.speed import milliseconds, over_bare
from benchmarks.rig_cases.table import Row, apart
from drivers.protocol import Camera
from sim.hyperspectral import KIND

EXAMPLE = Path(__file__).parents[2] / "examples" / "hyperspectral" / "session.toml"
CENTRE, WIDTH, SLIT = "filter.centre3_nm", "filter.width3_nm", "spectrometer.slit_um"
MIDDLE = {CENTRE: 660.0, WIDTH: 40.0, SLIT: 12.0}
SLITS_UM = (4.0, 8.0, 12.0, 16.0, 24.0, 40.0, 60.0)
CENTRES_NM = (580.0, 600.0, 620.0, 640.0, 660.0, 680.0, 700.0, 710.0, 720.0, 740.0, 780.0)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = 3 if quick else {CENTRE: 9, WIDTH: 5, SLIT: 8}
    yield from optuna_against_scan(EXAMPLE, points, trials=12 if quick else 60)
    yield from _misleading()
    yield _gradients()
    yield from _speed(128 if quick else 512)


def _misleading() -> Iterator[Row]:
    """Compare what each figure of merit would choose with what information chooses."""
    widths = (5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    with Probe(EXAMPLE) as probe:
        yield _apart("slit, um", "snr", +1, _along(probe, SLIT, SLITS_UM))
        yield _apart("third band, nm", "spectral_angle_deg", +1, _along(probe, CENTRE, CENTRES_NM))
        yield _apart("width, nm", "spectral_resolution_nm", -1, _along(probe, WIDTH, widths))


def _along(probe: Probe, setting: str, values: tuple[float, ...]) -> dict[float, Probed]:
    return {value: probe.at({**MIDDLE, setting: value}, 2) for value in values}


def _apart(what: str, figure: str, sign: int, measured: Mapping[float, Probed]) -> Row:
    best = max(measured, key=lambda value: measured[value].estimate.bits_per_pixel)
    chosen = max(measured, key=lambda value: sign * measured[value].metrics[figure])
    case = f"{what}: {chosen:g} by {figure}, {best:g} by information"
    return apart(case, measured[chosen].estimate, measured[best].estimate)


def _gradients() -> Row:
    """Compare gradients of a weighted sum of expected electrons with central differences."""
    from sim.hyperspectral.imager import BandSettings

    rig = KIND.open(KIND.options({"side_px": 32}, Path()))
    path = rig.truth.path
    abundance = torch.from_numpy(path.scene.abundance[:, :256, :256].astype(np.float64))
    spectra = torch.from_numpy(path.scene.spectra)
    settings = {**rig.truth.suppose(), "lamp.power_mw": 20.0}
    weights = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 32, 32)))
    names = [name for name, value in settings.items() if isinstance(value, float)]
    stage_um = torch.tensor([[210.0, -140.0]], dtype=torch.float64)

    def total(changes: Mapping[str, torch.Tensor]) -> torch.Tensor:
        bands = BandSettings.of(settings | dict(changes), 4)
        return (path.imager.electrons(abundance, spectra, bands, stage_um)[0] * weights).sum()

    worst = 0.0
    names = [name for name in names if not name.startswith("stage")]
    for name in names:
        at = torch.tensor(settings[name], dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(total({name: at}), at)
        step = 1e-5 * abs(float(settings[name]))
        up, down = (total({name: at.detach() + way * step}) for way in (1, -1))
        difference = float(up - down) / (2 * step)
        worst = max(worst, abs(float(gradient) - difference) / abs(difference))
    return Row(
        f"gradients by {len(names)} settings, worst against differences", f"{worst:.1e}", "1e-3"
    )


def _speed(side_px: int) -> Iterator[Row]:
    """Time a new field beside the transforms and random numbers that the physics needs."""
    rig = KIND.open(KIND.options({"side_px": side_px}, Path()))
    rig.devices["lamp"].start({"lamp.power_mw": 20.0})
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)

    def field(k: int) -> None:
        rig.devices["stage"].start({"stage.x_mm": 0.1 * (k % 10)})
        rig.devices["stage"].settle(10.0)
        next(iter(camera.capture(1, 1.0)))

    side = rig.truth.path.imager.instrument.grid
    bands = torch.rand(4, side, side)
    spectrum = torch.fft.rfft2(bands)

    def bare(k: int) -> None:
        torch.fft.rfft2(bands)
        torch.fft.irfft2(spectrum, s=(side, side))
        # three of the four bands' pixels: `over_bare` draws one itself
        for _ in range(3):
            _draw(rng, electrons)

    rng = np.random.default_rng(0)
    electrons = np.full((side_px, side_px), 500.0, np.float32)
    yield over_bare(
        f"a new field of four bands, {side_px} x {side_px}",
        milliseconds(field),
        milliseconds(bare),
        side_px,
        f"four bands forward and back, {side} x {side} samples, and three bands' draws",
    )


def _draw(rng: np.random.Generator, electrons: np.ndarray) -> None:
    rng.poisson(electrons)
    rng.standard_normal(electrons.shape, np.float32)


def figure(path: Path) -> None:
    """Draw spectra, frames, and information against band and slit, with other figures beside."""
    from matplotlib.figure import Figure

    from sim.hyperspectral.spectra import WAVELENGTHS_NM

    slits_um = (4.0, 8.0, 12.0, 24.0, 60.0)
    measured = {}
    with Probe(EXAMPLE) as probe:
        for nm in CENTRES_NM:
            for um in slits_um:
                measured[nm, um] = probe.at({**MIDDLE, CENTRE: nm, SLIT: um})
    rig = KIND.open(KIND.options({"seed": 3}, Path()))
    drawing = Figure(figsize=(13, 6.4), layout="constrained")
    panels = drawing.subplots(2, 4)
    names = ("healthy leaf", "stressed leaf", "dead leaf", "soil")
    for name, spectrum in zip(names, rig.truth.path.scene.named, strict=True):
        panels[0, 0].plot(WAVELENGTHS_NM, spectrum, label=name)
    for centre in (480, 560, 660, 820):
        panels[0, 0].axvspan(centre - 20, centre + 20, color="0.9", zorder=0)
    panels[0, 0].set(xlabel="wavelength, nm", title="reflectance")
    panels[0, 0].legend(fontsize=8)
    shown = ((660.0, 12.0), (660.0, 60.0), (710.0, 12.0))
    for panel, key in zip(panels[0, 1:], shown, strict=True):
        one = measured[key]
        panel.imshow(one.frames[0, 0, 2], cmap="gray")
        panel.set_title(
            f"{key[0]:.0f} nm, slit {key[1]:g} um: {one.estimate.bits_per_pixel:.2f} bits",
            fontsize=10,
        )
        panel.set_axis_off()
    for um in slits_um:
        bits = [measured[nm, um].estimate.bits_per_pixel for nm in CENTRES_NM]
        panels[1, 0].plot(CENTRES_NM, bits, "o-", label=f"{um:g} um")
    panels[1, 0].set(xlabel="third band, nm", title="information, bits per value")
    panels[1, 0].legend(title="slit", fontsize=8, loc="lower center", ncols=3)
    panels[1, 0].set_ylim(bottom=0.35)
    angles = [measured[nm, 12.0].metrics["spectral_angle_deg"] for nm in CENTRES_NM]
    panels[1, 1].plot(CENTRES_NM, angles, "o-")
    panels[1, 1].set(xlabel="third band, nm", title="smallest spectral angle, degrees")
    for nm in (600.0, 660.0, 710.0):
        bits = [measured[nm, um].estimate.bits_per_pixel for um in slits_um]
        panels[1, 2].plot(slits_um, bits, "o-", label=f"{nm:.0f} nm")
    panels[1, 2].set(xlabel="slit, um", title="information, bits per value")
    panels[1, 2].legend(title="third band", fontsize=8)
    panels[1, 3].plot(slits_um, [measured[660.0, um].metrics["snr"] for um in slits_um], "o-")
    panels[1, 3].set(xlabel="slit, um", title="signal-to-noise ratio")
    for panel in panels[1, :2]:
        panel.axvline(660, color="0.7", zorder=0)
    for panel in panels[1, 2:]:
        panel.axvline(12, color="0.7", zorder=0)
    drawing.savefig(path, dpi=100)
