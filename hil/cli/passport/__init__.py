"""``hil passport RIG``: an instrument over the months. May import `hil.report`."""

from hil.cli.passport.command import PLACE, register

__all__ = ["PLACE", "register"]
