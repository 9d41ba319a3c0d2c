"""The devices of ``sim.satellite``.

Defaults, and why: a telescope of 70 mm as small satellites carry them, 500 km up, with pixels of 10
m on the ground, which the optics could resolve three times finer than they do. A line takes 1.4 ms
at 0.706 kHz, when lines lie as far apart as pixels. Land of reflectance 0.1 in green light then
brings about 5000 electrons.
"""

from __future__ import annotations

from pathlib import Path

from drivers.errors import ConfigError
from drivers.protocol import Setting
from sim.camera import SimulatedCamera
from sim.devices import Axis, Link, SimulatedDevice
from sim.light_path import PathTruth
from sim.metrics import Metrics
from sim.pace import Pace
from sim.rig import SimulatedKind, SimulatedRig, float_axis, present_settings
from sim.satellite.options import SatelliteOptions
from sim.satellite.path import SatellitePath
from sim.satellite.scenes import SCENES, load_scene

READOUT_MS = 1.0
REACH_KM = 3.5
METRICS = {
    "gsd_m": "m",
    "mtf_nyquist": "",
    "mtf50_cycles_per_km": "cycles/km",
    "snr": "",
    "smear_px": "px",
}


def open_satellite(options: SatelliteOptions, pace: Pace) -> SimulatedRig:
    """Make a satellite that looks straight down, in focus, in green light."""
    link = Link()
    path = SatellitePath(options)
    devices: list[SimulatedDevice] = []
    truth = PathTruth(path, devices)
    pointing = [
        float_axis(f"pointing.{axis}_km", -REACH_KM, REACH_KM, role="position", rate_per_s=7)
        for axis in ("along", "across")
    ]
    band = [
        float_axis("filter.centre_nm", 450, 900, 560),
        float_axis("filter.width_nm", 10, 300, 60),
    ]
    camera_axes = [
        float_axis("camera.exposure_ms", 0.02, 20, 1.0, role="exposure"),
        float_axis("camera.line_rate_khz", 0.1, 3, 0.7),
        Axis(Setting("camera.gain", "choice", choices=("low", "high")), "low", 0.005),
        Axis(Setting("camera.binning", "choice", choices=(1, 2, 4), role="binning"), 1, 0.005),
    ]
    camera = SimulatedCamera(
        "camera",
        camera_axes,
        pace,
        link,
        truth,
        expose=lambda: path.expose(present_settings(devices)),
        saturation_adu=path.sensors["low"].saturation_adu,
        readout_ms=READOUT_MS,
    )
    focus = float_axis("telescope.focus_um", -200, 200, role="position", rate_per_s=100)
    devices += (
        SimulatedDevice("pointing", pointing, pace, link, truth),
        SimulatedDevice("telescope", [focus], pace, link, truth),
        SimulatedDevice("filter", band, pace, link, truth),
        camera,
    )
    metrics = Metrics(METRICS, lambda: path.metrics(present_settings(devices)), pace, link, truth)
    return SimulatedRig([*devices, metrics], link, truth, ("numpy", "torch"))


def _find_scene(options: SatelliteOptions, folder: Path) -> SatelliteOptions:
    if options.scene in SCENES:
        return options
    path = folder / options.scene
    try:
        load_scene(path)
    except (OSError, ValueError) as problem:
        raise ConfigError("scene", f"{path}: {problem}") from problem
    return options.model_copy(update={"scene": str(path)})


KIND = SimulatedKind(SatelliteOptions, open_satellite, _find_scene)
