"""A stored session and a rig file to a twin of the rig: `hil.twin` for those who have files.

The command line comes in. May import what `hil.replay` may, and `hil.twin`.
"""
