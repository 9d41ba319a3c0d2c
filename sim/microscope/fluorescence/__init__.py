"""Fluorescence: a dyed sample, excitation light, and an incoherent image through the pupil.

`sim.microscope.rig` comes in. May import `sim.microscope.stand`, `sim.parts`, `sim.numerics`.
"""
