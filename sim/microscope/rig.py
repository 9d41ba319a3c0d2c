"""The devices of ``sim.microscope``: a stand, with a lamp and a dyed sample or an LED array.

Defaults, and why: a 63x / 1.2 water immersion objective on 6.5 um pixels samples the emission of
green fluorescent protein (510 nm) just above the Nyquist rate (103.2 of 106.2 nm). With 3 photons a
uJ and pixel, 10 ms of 1 mW make 24 electrons a pixel on average, and close to a thousand where a
sharp image is brightest: an ordinary, dim, live sample. Haze as bright as the sample itself is
usual in widefield. The sensor has the data of a current sCMOS camera; its converter clips before
its full well does, so that ``CameraNoise`` with the numbers of ``truth.noise_model()`` is exact.
Binning is digital and scales the read noise alone (`sim.parts.sensor`).

Scene, optics and torch are made and imported at the first image, so that opening and parking are
quick.
"""

from __future__ import annotations

from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.led_array.rig import open_ledarray
from sim.microscope.options import MicroscopeOptions, find_scene
from sim.microscope.stand.stand import open_stand
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.simulated_clock import Pace
from sim.parts.unknown import SceneOptics

METRICS = {
    "mtf50_cycles_per_um": "cycles/um",
    "cutoff_cycles_per_um": "cycles/um",
    "strehl": "",
    "contrast": "",
    "mean_electrons": "electrons",
    "snr": "",
    "dose_uj": "uj",
}


def open_microscope(options: MicroscopeOptions, pace: Pace) -> SimulatedRig:
    """Make a microscope: dark, stage and focus at 0, mirror flat."""
    if options.contrast == "phase":
        return open_ledarray(options, pace)
    light = ("light", [float_axis("light.power_mw", 0.0, 10.0, role="light")])
    return open_stand(options, FluorescencePath(options), light, METRICS, pace)


def scene_optics(options: MicroscopeOptions) -> SceneOptics:
    """Give what may be unknown of a microscope in fluorescence."""
    if options.contrast == "phase":
        raise ValueError("contrast = 'phase' is not linear in its scene, allowed: 'fluorescence'")
    from sim.microscope.fluorescence.unknown import FluorescenceUnknown

    return FluorescenceUnknown(FluorescencePath(options))


KIND = SimulatedKind(MicroscopeOptions, open_microscope, find_scene, scene_optics)
