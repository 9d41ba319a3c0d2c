"""What the mask may be set to."""

from __future__ import annotations

MOST_APERTURES = 16
FARTHEST_MOVE_UM = 200.0  # of one aperture from its place
