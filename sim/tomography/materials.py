"""Densities of materials."""

from __future__ import annotations

BONE_G_PER_CM3 = 1.92  # cortical; ICRU Report 44
ALUMINIUM_G_PER_CM3 = 2.699
