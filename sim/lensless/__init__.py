"""``sim.lensless``: a sensor behind a programmable mask, from one lens to many apertures.

Devices and settings::

    pointing  pointing.x_mrad, pointing.y_mrad   where it looks: the field of view
    mask      mask.element                       "lenslet" of a fixed focal length, or "pinhole"
              mask.apertures                     how many, 1 to 16
              mask.diameter_um                   of each
              mask.spacing_um, mask.irregularity where they are (`sim.lensless.mask`), and
              mask.x1_um, mask.y1_um, ...        how far each is moved from there
              mask.distance_mm                   from mask to sensor
    camera    camera.exposure_ms
    metrics   read-only figures of merit (`sim.lensless.metrics`)

The light is the scene's own: there is none to switch.
"""

from sim.lensless.rig import KIND

__all__ = ["KIND"]
