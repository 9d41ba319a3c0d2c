"""Twins: a simulated rig whose unknowns, and the scenes, are fitted to recorded frames.

`fit` is the way in. Knows frames and settings, no session and no file; those who have them come in.
May import `sim`; torch is at home here.
"""

from hil.twin.data import TrialFrames
from hil.twin.fit import fit
from hil.twin.twin import Parameter, Residual, Twin

__all__ = ["Parameter", "Residual", "TrialFrames", "Twin", "fit"]
