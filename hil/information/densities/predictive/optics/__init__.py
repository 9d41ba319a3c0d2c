"""Optics that blurred scenes of two levels, and the maps of those."""
