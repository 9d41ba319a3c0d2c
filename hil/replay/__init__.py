"""Sessions whose trials are given: a recorded session again, a list of settings, files.

The command line comes in, and the table of drivers by its registered name. May import sessions,
the store and what is below.
"""
