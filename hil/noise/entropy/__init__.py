"""Entropy of a pixel's noise, exactly: tables over light, and what the histogram adds to them.

The noise models come in, nobody else but their tests. May import `hil.records` and scipy.
"""
