"""Micro-Manager's devices through pymmcore-plus; nobody else imports it.

``kind`` opens a rig from a configuration, ``config`` reads that file, ``inventory`` lists what the
core has loaded, ``parts`` and ``device`` make devices of it; ``camera``, ``region``, ``presets``
and ``values`` know the rest. Only `hil.rig` comes in, by the driver's registered name. May import
`drivers.protocol`, `drivers.errors` and `drivers.frame`.
"""
