"""A session that is left alone: what is asked of it from outside, and when it waits for a person.

``wishes`` are what was asked, ``pausing`` waits in the dark and ``pause_rules`` says when that is
begun without being asked; ``beside`` hears by files, ``announcing`` writes down in the background.
"""
