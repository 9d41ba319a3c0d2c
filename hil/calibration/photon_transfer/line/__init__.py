"""The line of photon transfer: variance over signal, its shape, what bends it, where a gain joins.

`hil.calibration.photon_transfer` comes in. May import its stacks and numpy.
"""
