"""Densities of patches, one folder a family: what the estimators fit and evaluate."""
