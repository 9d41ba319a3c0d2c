"""`sim.lensless`: multiplexing, and what the mask's contrast does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.rig_cases.probe import Probe, Probed
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.speed import milliseconds, over_bare
from benchmarks.rig_cases.table import Row, apart
from drivers.protocol import Camera
from sim.lensless import KIND

EXAMPLE = Path(__file__).parents[2] / "examples" / "lensless" / "session.toml"
COUNTS = (1, 2, 4, 8, 16)
TIMES_MS = tuple(40.0 * 2 ** (k / 2) for k in range(9))
MOST_CLIPPED = 1e-3


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


def _unclipped(probe: Probe, count: int) -> dict[float, Probed]:
    """Measure at every exposure time that does not clip."""
    found: dict[float, Probed] = {}
    for ms in TIMES_MS:
        one = probe.at({"mask.apertures": count, "mask.distance_mm": 4.0, "camera.exposure_ms": ms})
        if float(one.estimate.details["saturated_share"]) > MOST_CLIPPED:
            break
        found[ms] = one
    return found


def _misleading() -> Iterator[Row]:
    """Compare the masks of best contrast, of best signal-to-noise ratio, of most information."""
    with Probe(EXAMPLE) as probe:
        longest = {count: list(_unclipped(probe, count).values())[-1] for count in COUNTS}
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
    """Draw frames, and information against lenslets and time, with the figures of merit beside."""
    from matplotlib.figure import Figure

    with Probe(EXAMPLE) as probe:
        measured = {count: _unclipped(probe, count) for count in COUNTS}
    longest = {count: list(by_time.values())[-1] for count, by_time in measured.items()}
    best = max(longest, key=lambda count: longest[count].estimate.bits_per_pixel)
    drawing = Figure(figsize=(11, 6.2), layout="constrained")
    panels = drawing.subplots(2, 3)
    for panel, count in zip(panels[0], (1, best, 16), strict=True):
        one = longest[count]
        panel.imshow(one.frames[0, 0], cmap="gray")
        panel.set_title(
            f"{count} lenslet{'s' if count > 1 else ''}, {list(measured[count])[-1]:.0f} ms: "
            f"{one.estimate.bits_per_pixel:.2f} bits per pixel",
            fontsize=10,
        )
        panel.set_axis_off()
    for count in COUNTS:
        bits = [one.estimate.bits_per_pixel for one in measured[count].values()]
        panels[1, 0].plot(list(measured[count]), bits, "o-", label=str(count))
    panels[1, 0].set(
        xlabel="exposure, ms, until it clips", xscale="log", title="information, bits per pixel"
    )
    panels[1, 0].legend(title="lenslets", fontsize=8)
    curves = (("mtf50_cycles_per_mrad", "MTF50, cycles/mrad"), ("snr", "signal-to-noise ratio"))
    for panel, (name, title) in zip(panels[1, 1:], curves, strict=True):
        panel.plot(COUNTS, [longest[count].metrics[name] for count in COUNTS], "ko-")
        panel.set(xlabel="lenslets, at the longest time", title=title)
        panel.axvline(best, color="0.7", zorder=0)
    drawing.savefig(path, dpi=110)
