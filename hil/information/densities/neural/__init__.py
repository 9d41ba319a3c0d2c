"""Neural densities over patches: what `estimators.pixelcnn` and `task_information` are made of.

Nothing is imported here: torch loads with the module that needs it.
"""
