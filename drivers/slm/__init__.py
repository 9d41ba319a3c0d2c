"""Modes on a light modulator: settings are modes, what is sent is one frame of levels.

``modulator`` is what shows frames (`show`, `shown`, `close`) and where its kinds are registered;
``suite`` those of slmsuite, ``memory`` one without hardware. ``zernike`` and ``pupil`` make a phase
of modes, ``table`` levels of a phase, ``device`` is the modulator, ``kind`` the ``[[driver]]``
table. Comes in: `hil.rig`, `sim`, `drivers.micromanager`.
"""
