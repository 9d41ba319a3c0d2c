"""Modes on any actuators: settings are modes, what is sent is one vector for all actuators.

``array`` is what moves actuators (`send`, `read`, `close`) and where arrays are registered;
``vendors`` those of Boston Micromachines, ALPAO and Thorlabs, ``memory`` one without hardware.
``files`` reads matrices, ``bounds`` judges vectors, ``basis`` goes from modes to vectors and back,
``device`` is the mirror, ``kind`` the ``[[driver]]`` table. Comes in: `hil.rig`, `sim`.
"""
