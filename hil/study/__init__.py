"""Studies: whether information predicts how well tasks are done, better than usual metrics do.

A domain is a family of settings of one simulated rig, scenes whose truth is known, two tasks and
the metrics that its field goes by. `run_study` is ``hil study``. May import `sim` and torch.
"""

from hil.study.run import run_study

__all__ = ["run_study"]
