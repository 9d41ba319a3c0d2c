"""The guards, one a file, each called what it is stored as; a module's ``GUARD`` is asked.

A docstring says what the guard refuses, by which evidence, and how often it is wrong about frames
of a rig that does what it says.
"""
