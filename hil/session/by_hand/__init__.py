"""A session trial by trial, from Python: ask for one, or give one, look, and measure it.

`hil.open_session` comes in. The session itself, with its guardian, lease, limits and log, is the
ordinary one: it runs on a thread of its own and waits, in the dark, for what it is asked to do.
"""
