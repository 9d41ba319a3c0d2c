"""Lower bounds of information, so that a person sees both sides of an estimate.

A sample comes in. May import `hil.information.sample`, `hil.noise` and the errors.
"""
