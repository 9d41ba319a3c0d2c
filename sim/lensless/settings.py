"""What the mask may be set to."""

from __future__ import annotations

MOST_APERTURES = 16
SMALLEST_UM, WIDEST_UM = 20.0, 300.0  # diameter of an aperture
NEAREST_MM, FARTHEST_MM = 3.0, 6.0  # from mask to sensor
FARTHEST_MOVE_UM = 200.0  # of one aperture from its place
