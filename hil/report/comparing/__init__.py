"""Several sessions on one page: `figures` of all of them, `tables` side by side, and the `page`.

The command line comes in. May import the rest of `hil.report`.
"""
