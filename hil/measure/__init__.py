"""`hil measure`: information at the present settings, how well it repeats, and what to do about it.

The command line comes in. May import `hil.calibration`, `hil.supervision` and what is below them.
"""
