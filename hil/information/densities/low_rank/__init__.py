"""Whole frames as few directions above the noise: their spectrum, and what is not Gaussian in it.

Estimators come in. May import `hil.information.sample.sample` and `hil.noise`.
"""
