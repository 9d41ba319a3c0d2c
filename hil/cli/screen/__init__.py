"""What the program shows and asks on a terminal.

``terminal`` makes text safe to show, ``asking`` puts a question. The commands come in. May import
`hil.records` and rich.
"""
