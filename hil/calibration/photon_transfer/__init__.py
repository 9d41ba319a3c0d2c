"""Photon transfer: from stacks of repeated frames to gain, offset, read noise, maps and a verdict.

The mathematics alone: no rig, no database. `hil.calibration` comes in. May import `hil.noise`,
`hil.information` and numpy. The method is EMVA 1288's (release 4, linear).
"""
