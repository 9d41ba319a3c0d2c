"""Contracts that drivers and estimators pass, for the tests of this project and of other packages.

``driver_contract`` is what every driver owes, ``estimator_contract`` known answers for every
estimator. Tests come in, nobody else: this room alone of the package needs pytest (the extra
``testing``). May import `drivers`, `hil.rig`, `hil.information` and what is below them.
"""

import pytest

pytest.register_assert_rewrite("hil.testing.driver_contract", "hil.testing.estimator_contract")

from hil.testing.driver_contract import DriverContract  # noqa: E402
from hil.testing.estimator_contract import EstimatorContract  # noqa: E402

__all__ = ["DriverContract", "EstimatorContract"]
