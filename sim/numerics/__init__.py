"""Numerics of the simulated rigs: tensors, batches, periodic images, pupils and Zernike modes.

Nothing here knows of devices, settings or cameras. Every rig comes in. May import numpy, torch and
nothing of this project.
"""
