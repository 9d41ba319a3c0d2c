"""Which trial is the best: repeated settings counted together, drift taken off.

Session, store and report come in. May import `hil.records` and numpy; no database, no devices.
"""
