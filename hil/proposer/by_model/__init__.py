"""Trials that a fitted model of the optics proposes, until sampler `auto` takes over.

`OptunaProposer` comes in. May import `hil.twin`, lazily: it is torch's.
"""
