"""Databases of the size that a lab has after years."""
