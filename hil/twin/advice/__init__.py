"""What a fitted rig advises: how much settings would show, and which settings would tell it most.

The sampler `model` comes in. May import `hil.twin` and `sim`.
"""
