"""How devices get from where they are to where they should be, inside the limits all the way.

`joint`: limits that span several settings. `tracks`: how one setting may be moved. `planner`: the
order of the moves, a pure function. Nothing here talks to a device.
"""
