from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.contracts.test_sim_microscope_contract import TestSimulatedMicroscope as _Microscope


class TestDriverWithoutAFault(_Microscope):
    """A wrapped driver that no fault strikes keeps its contract."""

    kind = "faulty"
    needed: ClassVar[Mapping[str, Any]] = {"around": {"kind": "sim.microscope", "seed": 1}}
    options: ClassVar[Mapping[str, Any]] = needed
