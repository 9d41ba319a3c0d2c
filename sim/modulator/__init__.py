"""``slm.simulated``: slmsuite's simulated modulator and camera, with a sample before them.

The modulator lies in a pupil of a microscope that has a hidden aberration; what it does to the
light, level by level, is slmsuite's. ``kind`` is the ``[[driver]]`` table, ``path`` the way from
the modulator to frames. Only `hil.rig` comes in.
"""
