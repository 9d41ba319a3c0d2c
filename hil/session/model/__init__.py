"""The simulated rig that sampler `model` fits: its file, and the session's frames for it.

`hil.session.run` and `hil.session.lifecycle` come in. May import calibration, rig, store, `sim` and
`hil.twin`; of a rig's hidden numbers nothing is read.
"""
