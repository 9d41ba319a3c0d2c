"""A rig of a lamp and two figures of merit."""

from __future__ import annotations

from pathlib import Path

from sim.parts.devices import Link, SimulatedDevice
from sim.parts.metrics import Metrics
from sim.parts.rig import RigOptions, SimulatedKind, SimulatedRig, float_axis
from sim.parts.simulated_clock import Pace


def build(options: RigOptions, pace: Pace) -> SimulatedRig:
    link = Link()
    lamp = SimulatedDevice("lamp", [float_axis("lamp.power_mw", 0, 5)], pace, link)
    metrics = Metrics(
        {"snr": "", "cutoff_cycles_per_um": "cycles/um"},
        lambda settings: {
            "snr": 2 * float(settings["lamp.power_mw"]),
            "cutoff_cycles_per_um": 4,
        },
        [lamp],
        pace,
        link,
    )
    return SimulatedRig([lamp, metrics], link, None, ("numpy",))


KIND = SimulatedKind(RigOptions, build)


def open_lamp() -> SimulatedRig:
    return KIND.open(KIND.options({}, Path.cwd()))
