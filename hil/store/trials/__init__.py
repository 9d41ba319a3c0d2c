"""A trial in the database: its rows as they are read, its changes, and what is not yet committed.

`hil.store` comes in. May import the tables and `hil.records`.
"""
