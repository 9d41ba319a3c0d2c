"""Scenes of smooth light: few directions in which patches differ by more than their noise."""
