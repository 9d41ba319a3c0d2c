"""Simulated rigs behind the same protocol as hardware, one room each.

``parts`` are what rigs are made of, ``numerics`` what images are computed with; each other room is
a rig, of which none imports another. `hil.rig.driver_kinds` registers them, and opens them by name.
May import `drivers`.
"""
