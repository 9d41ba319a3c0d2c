"""The histogram gives the known answers, from above: it is a bound."""

from hil.testing import EstimatorContract


class TestHistogram(EstimatorContract):
    estimator = "histogram"
    bound = True
