"""A number of this lab: how much of the frame is bright."""

from typing import Any

import numpy as np


def bright_share(frames: Any, noise: Any, settings: Any, *, above_adu: float = 1000) -> Any:
    """Share of pixels above a level, in every field of view."""
    bright = np.asarray(frames) > above_adu
    return bright.reshape(len(frames), -1).mean(axis=1)
