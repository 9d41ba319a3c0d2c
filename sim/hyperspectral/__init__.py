"""``sim.hyperspectral``: an imaging spectrometer whose bands are tunable.

Devices and settings::

    stage         stage.x_mm, stage.y_mm        the field of view
    lamp          lamp.power_mw                 at the sample; dark when opened and parked
    spectrometer  spectrometer.slit_um          width of the slit that is scanned over the image
    filter        filter.centre1_nm ...         middle of each band
                  filter.width1_nm ...          its full width at half maximum
    camera        camera.exposure_ms            of a whole cube, shared by its lines and bands
                  camera.share1 ...             of each band, relative to the others
    metrics       read-only figures of merit (`sim.hyperspectral.metrics`)

A frame has the bands as its channels, (bands, height, width).
"""

from sim.hyperspectral.rig import KIND

__all__ = ["KIND"]
