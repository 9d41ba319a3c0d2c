"""Where EPICS is looked for, without asking for anything."""

from __future__ import annotations

import importlib.util

import pytest

from drivers.listing.variables import variables


def test_where_it_looks() -> None:
    around = {"EPICS_CA_ADDR_LIST": "10.0.0.7 10.0.0.8", "EPICS_CA_AUTO_ADDR_LIST": "NO"}
    found = variables(around)
    assert found.told[0] == "Channel Access looks in 10.0.0.7, 10.0.0.8"
    assert found.told[1] == "PV Access looks in this computer's networks"
    nowhere = variables({"EPICS_PVA_AUTO_ADDR_LIST": "no"})
    assert "PV Access nowhere" in nowhere.told and "EPICS_PVA_ADDR_LIST" in nowhere.advice


def test_a_protocol_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    found = variables({})
    assert not found.known
    assert "hil-imaging[epics]" in found.line() and "hil-imaging[epics-pva]" in found.line()
