"""A session: its files, its run, the trial loop, what is assessed, when it stops, what it came to.

``run`` begins and resumes, ``lifecycle`` drives, ``controller`` is the loop behind the protocols of
``ports``; ``search_space``, ``baseline``, ``repair`` say where; ``assess`` and ``objectives`` what
a trial is worth; ``stopping`` when it ends; ``result`` and ``apply`` what came of it. Command line,
measure, report and demo come in. May import calibration, supervision and what is below them.
"""
