"""A database as a whole: put together with another, checked, made smaller, measured.

`hil.store.database` comes in. May import the tables, the engine, the questions and the frame files.
"""
