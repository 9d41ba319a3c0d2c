"""What speaks against an estimate: wrong noise, fixed pattern, clipping, too few fields.

The estimate comes in. May import `hil.information.sample.sample`, `hil.noise` and `hil.records`.
"""
