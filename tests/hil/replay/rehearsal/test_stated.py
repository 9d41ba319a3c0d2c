from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from hil.replay.rehearsal.stated import stated
from hil.spec import RigFile, RigSpec, SessionFile, SessionSpec
from hil.spec.load import parse

RIG = {
    "name": "scope",
    "camera": "cam",
    "driver": [{"kind": "acme"}],
    "noise": {"kind": "poisson"},
    "setup": {"cam.exposure_ms": 10.0, "lamp.power_mw": 2.0},
    "limits": {"stage.x_um": {"settle_ms": 100}, "focus.z_um": {"settle_ms": 50}},
}
SESSION = {
    "name": "s",
    "rig": "rig.toml",
    "trials": 10,
    "search": [{"setting": "focus.z_um", "low": -1, "high": 1}],
    "measure": {"grid": {"columns": 2, "rows": 2, "step_um": 9}, "repeats": 3},
}


def told(session: dict[str, object], rig: dict[str, object]) -> object:
    spec = parse(SessionSpec, json.dumps(SESSION | session), "session")
    rig_spec = parse(RigSpec, json.dumps(RIG | rig), "rig")
    return stated(SessionFile(spec, "", Path("s"), RigFile(rig_spec, "", Path("r"))))


def test_what_two_files_state() -> None:
    found = told({}, {})
    assert found.frames == 10 * 4 * 3
    assert found.exposure_s == (1.2, 1.2)
    assert found.dose_mj == pytest.approx((2.4, 2.4))
    assert found.rest_s == pytest.approx(10 * 0.05 + 40 * 0.1)
    assert found.limits == (("focus.z_um",), ())


def test_an_exposure_that_is_searched_has_two_ends() -> None:
    axis = {"setting": "cam.exposure_ms", "low": 5, "high": 20}
    found = told({"search": [axis], "constraints": {"max_exposure_s": 1}}, {})
    assert found.exposure_s == pytest.approx((0.6, 2.4))
    assert found.limits == ((), ("cam.exposure_ms",))


def test_what_nobody_states_is_not_known() -> None:
    found = told({}, {"setup": {}})
    assert all(math.isnan(one) for one in (*found.exposure_s, *found.dose_mj))
    table = {"power": "lamp.volts", "table": [[0, 0], [5, 2]]}
    assert math.isnan(told({}, {"dose": table}).dose_mj[0])


@pytest.mark.parametrize(
    ("changes", "frames"),
    [
        ({"stop": {"frames": 50}}, 48),
        ({"measure": {**SESSION["measure"], "fields": "as needed"}, "trials": 60}, 234),
        ({"measure": {"repeats": 2, "blank": {"set": {"lamp.power_mw": 0}}}}, 40),
    ],
)  # fmt: skip
def test_frames_are_counted(changes: dict[str, object], frames: int) -> None:
    assert told(changes, {}).frames == frames
