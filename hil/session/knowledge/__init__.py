"""What a session knows before it begins: earlier sessions' trials, presets of the rig.

The start of a session comes in. May import store, rig, spec and records.
"""
