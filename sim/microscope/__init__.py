"""``sim.microscope``: a widefield fluorescence microscope with a deformable mirror, simulated.

Devices and settings::

    stage    stage.x_um, stage.y_um           centre of the field in the scene
    focus    focus.z_um                       0 adds nothing to the hidden aberration
    light    light.power_mw                   0 is dark, and what the rig starts with
    mirror   mirror.z4_nm ... mirror.z11_nm   Noll modes, nm rms, added to the hidden aberration
    camera   camera.exposure_ms, camera.binning
    metrics  read-only figures of merit (`sim.microscope.fluorescence.metrics`)

With ``contrast = "phase"`` in its options an LED array takes the light's place:
`sim.microscope.led_array`.

``stand`` is what both kinds of contrast share; ``fluorescence`` and ``led_array`` are the light
paths. Rooms import parts and numerics, never each other but for the stand. Only `hil.rig` comes in.
"""

from sim.microscope.rig import KIND

__all__ = ["KIND"]
