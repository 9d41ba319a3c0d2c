"""Drivers' kinds and options are checked before anything is connected."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from tests.hil.small_session import RIG


def planned(folder: Path, text: str) -> Plan:
    (folder / "rig.toml").write_text(text, encoding="utf-8")
    return Plan(load_rig_file(folder / "rig.toml"))


def test_every_driver_has_its_kind(tmp_path: Path) -> None:
    plan = planned(tmp_path, RIG)
    assert len(plan.kinds) == len(plan.file.spec.driver) > 0


def test_an_unknown_kind_is_named_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"did you mean 'sim\.microscope'") as caught:
        planned(tmp_path, RIG.replace('"sim.microscope"', '"sim.microscop"'))
    assert caught.value.key == "driver.0.kind"
