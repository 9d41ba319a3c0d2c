"""Frames as they come: sums that grow field by field, and an estimate at any time.

`hil.information` gives it out. May import the densities, diagnostics and `hil.noise`.
"""
