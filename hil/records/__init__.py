"""Frozen data that passes between rooms: trial, session, estimate, frames, versions.

Everybody comes in. May import `hil.clock`, `hil.errors` and numpy; nothing here touches hardware, a
database or a sampler.
"""
