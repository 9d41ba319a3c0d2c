"""Densities over patches, by which H(Y) is bounded: a room for each family.

``stationary``, ``copula``, ``mixture`` and ``neural``. Estimators come in. May import
`hil.information.sample.sample` and `hil.noise`; a family may build on ``stationary``.
"""
