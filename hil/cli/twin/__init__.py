"""``hil twin``: simulated rigs fitted to recorded frames."""

from hil.cli.twin.fit import PLACE, register

__all__ = ["PLACE", "register"]
