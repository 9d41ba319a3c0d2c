"""Acquisition sequences as a trial's measurement: `planes`, what each of their images sets.

A camera's driver reads them (`drivers.sequence`), `hil.rig.capture` takes them.
"""
