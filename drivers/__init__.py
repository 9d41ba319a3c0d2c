"""Talking to devices. Knows nothing of sessions, trials or information.

``protocol`` is all that a driver's author needs, with ``errors``, ``frame`` and ``types``; a room
for each driver. `hil.rig` and `sim` come in. May import nothing of this project.
"""
