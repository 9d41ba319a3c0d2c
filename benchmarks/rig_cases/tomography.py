"""`sim.tomography`: a fixed dose, shared between views."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.rig_cases.probe import Probe, Probed
from benchmarks.rig_cases.search import optuna_against_scan
from benchmarks.rig_cases.speed import milliseconds, over_bare
from benchmarks.rig_cases.table import Row
from drivers.protocol import Camera
from sim.tomography import KIND

EXAMPLE = Path(__file__).parents[2] / "examples" / "tomography" / "session.toml"
VIEWS = (8, 16, 24, 32, 40, 48)
_TURNS = 16  # different ones in the bare work: how memory is read depends on the angle
VOLTAGES_KV = (40.0, 60.0, 80.0, 120.0)


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    points = {"gantry.views": 3 if quick else 6, "source.voltage_kv": 3 if quick else 9}
    yield from optuna_against_scan(EXAMPLE, points, trials=12 if quick else 60)
    yield from _misleading()
    yield from _speed(128 if quick else 512)


def _misleading() -> Iterator[Row]:
    """Compare the number of views of best signal-to-noise ratio with that of most information."""
    with Probe(EXAMPLE) as probe:
        measured = {
            views: probe.at({"gantry.views": views, "source.voltage_kv": 80.0}, repeats=2)
            for views in VIEWS
        }
    best = max(measured, key=lambda views: measured[views].objective)
    chosen = max(measured, key=lambda views: measured[views].metrics["snr"])
    most_sampled = max(VIEWS)
    for reason, views in (("signal-to-noise ratio", chosen), ("Nyquist's rate", most_sampled)):
        one, most = measured[views], measured[best]
        yield Row(
            f"views: {views} by {reason}, {best} by information",
            f"{one.objective:.0f} < {most.objective:.0f}",
            "intervals apart" if views == chosen else "",
            f"intervals {_interval(one)}, {_interval(most)} bits per frame",
        )


def _interval(one: Probed) -> str:
    values = one.objective / one.estimate.bits_per_pixel
    return f"{one.estimate.ci_low * values:.0f} to {one.estimate.ci_high * values:.0f}"


def _speed(bins: int) -> Iterator[Row]:
    """Time a new sample beside the turns and sums that the physics needs."""
    rig = KIND.open(KIND.options({"bins": bins}, Path()))
    rig.devices["gantry"].start({"gantry.views": bins})
    rig.devices["source"].start({"source.current_ma": 0.1})
    camera = rig.devices["detector"]
    assert isinstance(camera, Camera)
    for number in range(4):
        rig.truth.path.sample(number)  # painted once, however often it is scanned

    def field(k: int) -> None:
        rig.devices["sample"].start({"sample.number": k % 4})
        rig.devices["sample"].settle(10.0)
        next(iter(camera.capture(1, 1.0)))

    slices = torch.rand(1, 2, bins, bins)
    angles = torch.arange(_TURNS) * (torch.pi / _TURNS)
    cos, sin, zero = torch.cos(angles), torch.sin(angles), torch.zeros(_TURNS)
    turns = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
    places = [
        torch.nn.functional.affine_grid(turn[None], [1, 2, bins, bins], align_corners=False)
        for turn in turns
    ]

    def bare(k: int) -> None:
        for view in range(bins):
            where = places[view % _TURNS]
            torch.nn.functional.grid_sample(slices, where, align_corners=False).sum(dim=2)

    yield over_bare(
        f"a new sample, {bins} views x {bins} bins",
        milliseconds(field, 3),
        milliseconds(bare, 3),
        bins,
        f"{bins} turns and sums of two {bins} x {bins} images",
    )


def figure(path: Path) -> None:
    """Draw a sample, its sinograms, and information against views and voltage."""
    from matplotlib.figure import Figure

    measured: dict[tuple[int, float], Probed] = {}
    with Probe(EXAMPLE) as probe:
        for views in VIEWS:
            for kv in VOLTAGES_KV:
                settings = {"gantry.views": views, "source.voltage_kv": kv}
                measured[views, kv] = probe.at(settings)
        sample = KIND.open(
            KIND.options({"seed": 7, "scene": "blobs", "bins": 64, "bin_mm": 0.4}, Path())
        ).truth.path.sample(0)
    drawing = Figure(figsize=(11, 6.2), layout="constrained")
    panels = drawing.subplots(2, 4)
    panels[0, 0].imshow(sample, cmap="gray")
    panels[0, 0].set_title("sample 0", fontsize=10)
    for panel, views in zip(panels[0, 1:], (8, 16, 48), strict=True):
        one = measured[views, 80.0]
        dealt = one.frames[0, 0]
        sinogram = dealt.transpose(1, 0, 2).reshape(views, -1)
        panel.imshow(sinogram, cmap="gray", aspect="auto", interpolation="nearest")
        panel.set_title(f"{views} views: {one.objective:.0f} bits", fontsize=10)
    for panel in panels[0]:
        panel.set_axis_off()
    for kv in VOLTAGES_KV:
        line = [measured[views, kv].objective for views in VIEWS]
        panels[1, 0].plot(VIEWS, line, "o-", label=f"{kv:.0f} kV")
    panels[1, 0].legend(fontsize=8, ncols=2)
    panels[1, 0].set_ylim(1050, 1560)
    curves = (
        ("information, bits per frame", None),
        ("signal-to-noise ratio of a view", "snr"),
        ("contrast-to-noise ratio of bone", "cnr"),
    )
    for panel, (title, name) in zip(panels[1], curves, strict=False):
        if name:
            for kv in VOLTAGES_KV:
                panel.plot(VIEWS, [measured[views, kv].metrics[name] for views in VIEWS], "o-")
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("views")
    sampled = [views / measured[views, 80.0].metrics["nyquist_views"] for views in VIEWS]
    panels[1, 3].plot(VIEWS, sampled, "o-", color="0.3")
    panels[1, 3].set_title("views over Nyquist's number", fontsize=10)
    panels[1, 3].set_xlabel("views")
    drawing.savefig(path, dpi=110)
