"""``hil design``: settings by gradient through a simulated rig."""

from hil.cli.design.command import PLACE, register

__all__ = ["PLACE", "register"]
