"""Frames as files hold them."""

from __future__ import annotations

import numpy as np

FRAMES = np.random.default_rng(0).integers(0, 4000, (5, 2, 24, 20)).astype(np.uint16)
