"""What the settings of a session were, as figures need them, and what they did."""

from __future__ import annotations
