"""The stand that both kinds of contrast share: stage, focus, mirror, camera, what is hidden.

A light path comes in and puts its light and its image between. May import `sim.parts` and
`sim.numerics`.
"""
