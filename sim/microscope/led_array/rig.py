"""The devices of ``sim.microscope`` in phase contrast."""

from __future__ import annotations

from drivers.protocol import Setting
from sim.microscope.led_array.options import LedArrayOptions
from sim.microscope.led_array.path import LedPath
from sim.microscope.led_array.settings import LONGEST_NM, PATTERNS, REFERENCE_NM, SHORTEST_NM
from sim.microscope.stand.stand import open_stand
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedRig, float_axis
from sim.parts.simulated_clock import Pace

METRICS = {
    "cutoff_cycles_per_um": "cycles/um",
    "contrast": "",
    "mean_electrons": "electrons",
    "snr": "",
    "phase_transfer_peak": "",
}


def open_ledarray(options: LedArrayOptions, pace: Pace) -> SimulatedRig:
    """Make a microscope with an LED array: dark, stage and focus at 0, mirror flat."""
    light = ("led", _led_axes(options.led_na, options.numerical_aperture))
    return open_stand(options, LedPath(options), light, METRICS, pace)


def _led_axes(widest_na: float, objective_na: float) -> tuple[Axis, ...]:
    """Half of the objective's NA is where coherence parameters are usually set."""
    outer = min(widest_na, objective_na / 2)
    return (
        Axis(Setting("led.pattern", "choice", choices=PATTERNS), PATTERNS[0], latency_s=0.001),
        Axis(_na("led.inner_na", widest_na), 0.0, latency_s=0.001),
        Axis(_na("led.outer_na", widest_na), outer, latency_s=0.001),
        float_axis("led.wavelength_nm", SHORTEST_NM, LONGEST_NM, REFERENCE_NM),
        float_axis("led.power_mw", 0.0, 10.0, role="light"),
    )


def _na(name: str, widest_na: float) -> Setting:
    return Setting(name, "float", "", 0.0, widest_na, tolerance=1e-6)
