"""``hil replay SESSION --what-if``: other searches, on a model fitted to the recorded trials.

The command line and the report come in. May import the proposer's surrogate, sessions and the
store; nothing of a rig is opened.
"""
