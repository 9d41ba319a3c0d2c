"""Parts of a device: one call of the core each."""

from __future__ import annotations

from drivers.micromanager.kind import MicroManagerConnection


def test_an_axis_that_is_not_asked_for_does_not_creep(demo: MicroManagerConnection) -> None:
    """The stage rounds to its steps; sending back what it reads would let it walk."""
    stage = demo.devices["XY"]
    stage.start({"XY.y_um": 100.007})
    stage.settle(5.0)
    rests_at = stage.read("XY.y_um")
    for k in range(30):
        stage.start({"XY.x_um": float(k % 2)})
        stage.settle(5.0)
    assert stage.read("XY.y_um") == rests_at
