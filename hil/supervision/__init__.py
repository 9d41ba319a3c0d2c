"""To hold a rig safely: lease, guardian, signals, and a park however work ends.

``supervised`` is the way to hold a rig; ``approach`` comes first, and puts out what was left lit;
``guardian`` parks when its controller dies, ``lease`` lets one controller in, ``stop`` hears
signals, ``recorded_park`` writes down what a park does, ``park`` is `hil park`. Calibration,
session and the command line come in. May import `hil.rig`, `hil.store` and what is below them.
"""
