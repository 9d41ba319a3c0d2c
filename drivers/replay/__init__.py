"""Recorded frames as a device: what was measured once is served again at the same settings.

A `Recording` says what there is; `hil.replay` makes one of a stored session. May import the
protocol, the frames and the errors of drivers, and nothing of what drove the original.
"""
