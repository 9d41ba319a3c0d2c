"""A trial is measured while the one before it is estimated.

The controller comes in. May import what the session may.
"""
