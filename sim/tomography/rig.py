"""The devices of ``sim.tomography``."""

from __future__ import annotations

from drivers.protocol import Setting
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.simulated_clock import Pace
from sim.tomography.gantry import Gantry
from sim.tomography.options import TomographyOptions, find_scene
from sim.tomography.path import ScanPath

STEP_MS = 20.0  # turning to the next view and reading the detector out
SAMPLES = 10_000
LIBRARIES = ("numpy", "scipy", "scikit-image", "torch")
METRICS = {
    "snr": "",
    "cnr": "",
    "cutoff_per_mm": "1/mm",
    "nyquist_views": "",
    "view_ms": "ms",
    "dose_mgy": "mgy",
    "scatter": "",
}


def open_tomography(options: TomographyOptions, pace: Pace) -> SimulatedRig:
    """Make a scanner: dark, the first sample in the beam."""
    path = ScanPath(options)
    rows = options.interleave or 1
    parts = (
        device("sample", _sample_axis(path)),
        device(
            "source",
            float_axis("source.current_ma", 0, 1, role="light"),
            float_axis("source.voltage_kv", 40, 120, 80, role="light"),
            _choice("source.control", "current", "kerma"),
        ),
        lambda pace, link, truth: Gantry(rows, pace, link, truth),
    )
    detector = CameraPart(
        "detector",
        (
            float_axis("detector.exposure_ms", 1, 600_000, 10_000, role="exposure"),
            Axis(Setting("detector.binning", "choice", choices=(1, 2, 4), role="binning"), 1),
        ),
        path.sensor.saturation_adu,
        lambda settings: STEP_MS * float(settings["gantry.views"]),
    )
    return assemble(path, parts, detector, METRICS, LIBRARIES, pace)


def _sample_axis(path: ScanPath) -> Axis:
    last = (SAMPLES if path.slices is None else len(path.slices)) - 1
    return Axis(Setting("sample.number", "int", "", 0, last, role="position"), 0, latency_s=1.0)


def _choice(name: str, *choices: str) -> Axis:
    return Axis(Setting(name, "choice", choices=choices), choices[0], latency_s=0.005)


KIND = SimulatedKind(TomographyOptions, open_tomography, find_scene)
