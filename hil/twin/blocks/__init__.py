"""Fits in pixel space, block by block, for optics that pass more than pixels resolve.

Where images alias, frequencies cannot be told apart one by one as `hil.twin.likelihood` does. Here
small blocks of pixels have their exact covariance under a stationary scene: nothing is windowed,
and nothing is taken to go on periodically. `fit_blocks` is the way in.
"""

from hil.twin.blocks.scoring import BlockFit, fit_blocks

__all__ = ["BlockFit", "fit_blocks"]
