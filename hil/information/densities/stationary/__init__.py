"""Gaussian densities that are the same everywhere in the frame, and the moments they are fitted to.

Estimators and the other families come in. May import `hil.information.sample.sample` and
`hil.noise`.
"""
