"""``modal.simulated``: the simulated microscope with its mirror behind an array of actuators.

The mirror's modes are those of `drivers.modal`, over actuators in memory; what the actuators do to
the wavefront is simulated, with what goes wrong on a bench: signs, modes that leak into others,
actuators that are dead, hysteresis. ``kind`` is the ``[[driver]]`` table. Only `hil.rig` comes in.
"""
