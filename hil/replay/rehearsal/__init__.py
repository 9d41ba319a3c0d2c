"""``hil run --rehearse``: a session as it will be, on a simulated rig in place of the real one.

The command line comes in. May import sessions, the store and the proposer's surrogate; of the real
rig nothing is opened.
"""
