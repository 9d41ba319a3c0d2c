"""Sessions as files for other programs, and how any file comes to be there whole.

The command line and the rest of the reports come in. May import sessions and the store.
"""
