"""Questions to the database: sessions, trials, estimates and events, filtered, sorted, summed up.

`hil.store.database` comes in. May import the tables, the engine and `hil.records`.
"""
