"""Simulated rigs behind the same protocol as hardware, one room each.

``parts`` are what rigs are made of, ``numerics`` what images are computed with; then
``microscope``, ``hyperspectral``, ``lensless``, ``satellite`` and ``tomography``, of which none
imports another. `hil.rig` opens them by registered name. May import `drivers`.
"""
