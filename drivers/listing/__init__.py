"""Which devices this computer has, as libraries and the system list them: none is opened or moved.

`look` asks them all at once, each in a process of its own with a deadline. `hil.cli` comes in.
Libraries are imported where a list is made; may import the drivers' rooms.
"""

from drivers.listing.listed import Listed
from drivers.listing.look import LISTS, look

__all__ = ["LISTS", "Listed", "look"]
