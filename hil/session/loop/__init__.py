"""Parts of the trial loop: how it stands, work on the devices, a trial's frames.

The controller, which puts them together, and the lifecycle come in. May import what
the session may.
"""
