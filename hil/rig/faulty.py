"""The kind ``"faulty"``: `sim.faults` around any registered kind of driver."""

from __future__ import annotations

from hil.rig.driver_kinds import driver_kind
from sim.faults import FaultyKind

KIND = FaultyKind(driver_kind)
