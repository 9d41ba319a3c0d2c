"""``sim.satellite``: a small push-broom telescope over land.

Devices and settings::

    pointing   pointing.along_km, pointing.across_km   centre of the field of view on the ground
    telescope  telescope.focus_um                      0 is sharp
    filter     filter.centre_nm, filter.width_nm       the band
    camera     camera.exposure_ms, camera.line_rate_khz, camera.gain, camera.binning
    metrics    read-only figures of merit (`sim.satellite.metrics`)

The light is the sun's: there is none to switch.
"""

from sim.satellite.rig import KIND

__all__ = ["KIND"]
