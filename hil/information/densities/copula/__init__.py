"""Gaussian copulas: pixels with any marginal, dependent as a Gaussian is.

Estimators come in. May import ``stationary``, `hil.information.sample.sample` and `hil.noise`.
"""
