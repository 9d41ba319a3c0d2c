"""Numbers beside information: the usual ones of sharpness and contrast, and people's own.

`hil.session` comes in. May import `hil.information` (intervals), `hil.noise` and `hil.spec`;
scikit-image loads with the metric that needs it. A metric is a function, found by its name.
"""
