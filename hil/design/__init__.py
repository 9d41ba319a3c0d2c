"""Settings by gradient: what a simulated rig would tell, moved uphill, then measured as a session.

`design_session` is ``hil design``.
"""

from hil.design.run import design_session

__all__ = ["design_session"]
