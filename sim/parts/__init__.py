"""What simulated rigs are made of: devices, sensor, camera, clock, scene files, options.

Every rig of `sim` comes in and puts its own optics between. May import `drivers.protocol` and
`sim.numerics`; torch only where a function makes an image.
"""
