"""The label-free side of ``sim.microscope``: an LED array behind phase objects.

``contrast = "phase"`` in the ``[[driver]]`` table of ``sim.microscope`` takes the place of the
excitation light by an array of LEDs, and that of the dyed sample by one that only slows light down.
Devices and settings, beside ``stage``, ``focus``, ``mirror`` and ``camera``, which stay as they
are::

    led       led.pattern                     brightfield, annular, half-plane, darkfield
              led.inner_na, led.outer_na      between which LEDs are lit
              (`sim.microscope.led_array.source`) led.wavelength_nm
              led.power_mw                    at the sample were all LEDs lit; 0 is dark
    metrics   read-only figures of merit (`sim.microscope.led_array.metrics`)
"""
