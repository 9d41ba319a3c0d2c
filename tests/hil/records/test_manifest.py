"""What a session ran with, in one table."""

from __future__ import annotations

import json

from hil.records.manifest import manifest, tells_firmware


def test_it_names_program_libraries_devices_host_and_seeds() -> None:
    table = manifest(
        adapters={"mmcore": "12.1"},
        firmware={"Camera.Firmware": "3.2"},
        drivers=[{"kind": "a"}, {"kind": "b", "seed": 9}],
        seed=4,
    )
    assert json.loads(json.dumps(table)) == table
    assert table["program"]["hil-imaging"]
    assert {"numpy", "optuna"} <= set(table["libraries"])
    assert table["host"]["name"]
    assert table["host"]["platform"]
    assert table["seeds"] == {"session": 4, "driver.1": 9}
    assert table["drivers"] == ["a", "b"]


def test_devices_name_themselves_in_many_words() -> None:
    for name in ("Camera.Firmware", "Z.SerialNumber", "Hub.Version", "A B.FirmwareVersion"):
        assert tells_firmware(name), name
    for name in ("Version.position_um", "Camera.Conversion", "Z.position_um"):
        assert not tells_firmware(name), name
