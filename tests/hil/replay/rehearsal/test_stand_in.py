from __future__ import annotations

import json
from pathlib import Path

import pytest

from hil.replay.rehearsal.stand_in import is_simulated
from hil.spec import RigSpec
from hil.spec.load import parse

SIMULATED = [
    ([{"kind": "sim.microscope"}], True),
    ([{"kind": "micromanager", "config": "x.cfg"}], False),
    ([{"kind": "sim.microscope"}, {"kind": "visa"}], False),
    ([{"kind": "faulty", "around": {"kind": "sim.satellite"}}], True),
    ([{"kind": "faulty", "around": {"kind": "micromanager"}}], False),
    ([{"kind": "faulty"}], False),
    ([{"kind": "replay", "session": "abcd"}], False),
]


@pytest.mark.parametrize(("drivers", "simulated"), SIMULATED)
def test_what_reaches_nothing_real(drivers: list[dict[str, object]], simulated: bool) -> None:
    text = json.dumps({"name": "r", "camera": "camera", "driver": drivers})
    assert is_simulated(parse(RigSpec, text, Path("rig.toml"))) is simulated
