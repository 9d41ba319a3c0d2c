"""A session under way: what it stands on, its trials, who proposes them, and how it ends.

`hil.session.lifecycle` comes in. May import what `hil.session` may.
"""
