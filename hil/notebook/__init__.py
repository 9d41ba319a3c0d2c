"""Sessions at a person's pace, from Python: open one, ask, give, measure, look.

`import hil` comes in. May import `hil.session`, `hil.store` and, for figures, `hil.report`.
"""
