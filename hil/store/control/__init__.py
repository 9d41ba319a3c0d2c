"""What other processes ask of a running session, and what works while the database is away.

``requests`` are rows of the event table; ``folder`` lies beside the frames and takes requests, too.
"""
