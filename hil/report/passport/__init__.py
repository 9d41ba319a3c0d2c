"""An instrument's passport: `series` of what was measured over time, and of each its `change`.

`figure` and `page` show them. The command line comes in. May import the store and `hil.report`.
"""
