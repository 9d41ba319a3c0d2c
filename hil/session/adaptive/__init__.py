"""How far a trial goes: which fields of view it needs, within what budgets leave.

The controller comes in. May import the stop rules and what session may import.
"""
