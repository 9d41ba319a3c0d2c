"""A connection with one device."""

from __future__ import annotations

from typing import Any

from drivers.single import SingleConnection


class Lamp:
    label = "lamp"


def test_it_has_its_device_and_versions_and_lets_go() -> None:
    ended: list[str] = []
    lamp: Any = Lamp()
    connection = SingleConnection(lamp, lambda: {"lib": "1"}, lambda: ended.append("ended"))
    assert connection.devices == {"lamp": lamp}
    assert connection.versions == {"lib": "1"}
    assert ended == []
    connection.close()
    assert ended == ["ended"]
