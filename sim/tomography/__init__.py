"""``sim.tomography``: X-ray tomography of one slice; a frame is a sinogram.

Devices and settings::

    sample    sample.number            which slice lies in the beam: the field of view
    source    source.current_ma        0 is dark, and what the rig starts with
              source.voltage_kv
              source.control           "current" as set; "kerma": lowered or raised with the voltage
                                       so that the dose is what it would be at 100 kV
    gantry    gantry.views             how many; a frame has as many rows
              gantry.spacing           "uniform" or "golden"
              gantry.start_deg, gantry.arc_deg
    detector  detector.exposure_ms     of the whole scan, shared by the views
              detector.binning
    metrics   read-only figures of merit (`sim.tomography.metrics`)

The exposure is that of a frame, as everywhere: so at fixed current, voltage and exposure the dose
is fixed, and more views have fewer photons each.
"""

from sim.tomography.rig import KIND

__all__ = ["KIND"]
