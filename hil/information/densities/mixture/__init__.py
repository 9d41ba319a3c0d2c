"""Mixtures of scenes under the known noise, mixtures of scales, and bounds from pairs.

Estimators come in. May import ``stationary``, `hil.information.sample.sample` and `hil.noise`.
"""
