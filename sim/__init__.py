"""Simulated devices behind the same protocol as hardware."""
