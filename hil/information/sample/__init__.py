"""Frames made ready: checked, cut into patches, dealt into folds by their field of view.

Densities, diagnostics and estimates come in. May import `hil.noise` and `hil.records`.
"""
