"""What the LED array may be set to."""

from __future__ import annotations

PATTERNS = ("brightfield", "annular", "half-plane", "darkfield")
SHORTEST_NM, LONGEST_NM = 450.0, 650.0
REFERENCE_NM = 530.0  # light that `photons_per_uj` speaks of, and what the array starts with
