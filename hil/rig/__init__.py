"""A rig: devices behind limits, one thread that talks to them, capture, light and its dose.

``plan`` checks a rig file's options and ``driver_kinds`` finds drivers; ``rig`` opens them. All
commands go through ``safety``: ``settings`` knows names, ``limits`` what may be asked, ``motion``
applies and parks. ``capture`` takes a trial's frames, ``light`` meters dose, ``recorded`` says what
goes on record, ``draft`` writes a first file. The only importer of drivers and simulated rigs.
Supervision, calibration and session come in. May import `hil.spec`, `hil.records`, `drivers`.
"""
