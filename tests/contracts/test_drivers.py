"""Every driver that is registered has settings for its contract, and opens as a rig file asks."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from drivers.protocol import Connection
from hil.rig.driver_kinds import BUILT_IN, driver_kind, kind_names
from hil.testing import DriverContract

HERE = Path(__file__).parent


def contracts() -> dict[str, type[DriverContract]]:
    """By registered name, the class that runs the contract with it."""
    found = {}
    for path in sorted(HERE.glob("test_*_contract.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, DriverContract):
                if value is not DriverContract:
                    found.setdefault(value.kind, value)
    return found


CONTRACTS = contracts()


def test_no_contract_is_left_over() -> None:
    assert set(CONTRACTS) <= set(kind_names())


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_registered_driver_runs_its_contract(name: str, tmp_path: Path) -> None:
    assert name in CONTRACTS, f"no tests/contracts/test_*_contract.py has kind = {name!r}"
    kind = driver_kind(name)
    needed = dict(getattr(CONTRACTS[name], "needed", {}))  # what a table cannot do without
    getattr(CONTRACTS[name], "write_files", lambda folder: None)(tmp_path)  # that it names
    options = kind.options(needed, tmp_path)
    assert all(isinstance(resource, str) for resource in kind.resources(options))
    with pytest.raises(Exception, match="no_such_option"):
        kind.options({**needed, "no_such_option": 1}, tmp_path)
    case = CONTRACTS[name]
    if "connection" in vars(case):
        return  # it says itself how it is opened
    connection = kind.open(kind.options(case.options, tmp_path))
    try:
        assert isinstance(connection, Connection)
        names = {s.name for device in connection.devices.values() for s in device.describe()}
        assert {*case.moves, *filter(None, [case.exposure])} <= names
    finally:
        connection.close()
        connection.close()
