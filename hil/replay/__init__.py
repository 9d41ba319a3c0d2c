"""A recorded session again: its frames as a device, and through the same controller.

The command line comes in, and the table of drivers by its registered name. May import sessions,
the store and what is below.
"""
