"""A read-back that comes late is waited for; one that lies, or never comes, is not believed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from hil.errors import RigError
from hil.rig.read_back import OutsideLimit, ReadBackError
from hil.rig.safety import Safety
from hil.spec import RigSpec

RIG: dict[str, Any] = {
    "name": "bench",
    "camera": "camera",
    "driver": [{"kind": "bench"}],
    "limits": {
        "Z.position_um": {"low": 10, "high": 40, "timeout_s": 5},
        "mirror.z4_nm": {"timeout_s": 5},
        "laser.power_mw": {"high": 20},
    },
    "limits_together": [
        {"settings": ["mirror.z4_nm", "mirror.z5_nm"], "rule": "sum_abs", "high": 150}
    ],
    "park": [{"set": {"laser.power_mw": 0}}],
}
# Of a move from 20 to 30: what is read one after the other, and how it ends.
COURSES: list[tuple[str, list[Any], Any]] = [
    ("at once", [30.0], 30.0),
    ("where it was", [20.0] * 5 + [30.0], 30.0),
    ("on the way", [20.0, 22.0, 22.0, 27.0, 30.0], 30.0),
    ("its course, later", [21.0, 25.0, 29.0, 30.0], 30.0),
    ("off by one once", [29.0, 30.0], ReadBackError),
    ("beyond", [31.0, 30.0], ReadBackError),
    ("behind", [19.0, 30.0], ReadBackError),
    ("back again", [20.0, 25.0, 22.0, 30.0], ReadBackError),
    ("no number", [math.nan, 30.0], ReadBackError),
    ("late, and then no number", [20.0, math.nan, 30.0], ReadBackError),
    ("text", ["?", 30.0], ReadBackError),
    ("outside", [41.0, 30.0], OutsideLimit),
    ("late, and then outside", [20.0, 41.0, 30.0], OutsideLimit),
]


def script(bench: Any, monkeypatch: pytest.MonkeyPatch, name: str, reads: list[Any]) -> None:
    """Have a setting read so once its next move has begun, the last for ever."""
    left: Iterator[Any] = iter(reads[:-1])
    moved: list[Any] = []
    start, read = bench.start, bench.read

    def begin(values: Any) -> None:
        start(values)
        moved.extend(values)

    def found(asked: str) -> Any:
        return next(left, reads[-1]) if asked == name and name in moved else read(asked)

    monkeypatch.setattr(bench, "start", begin)
    monkeypatch.setattr(bench, "read", found)


def safety(benches: Any, **limits: Any) -> Safety:
    spec = RIG | {"limits": {**RIG["limits"], **limits}}
    made = Safety(benches, RigSpec.model_validate(spec))
    made.apply({"Z.position_um": 20.0})
    return made


@pytest.mark.parametrize(("reads", "end"), [c[1:] for c in COURSES], ids=[c[0] for c in COURSES])
def test_only_what_a_delay_explains_is_read_again(
    benches: Any, monkeypatch: pytest.MonkeyPatch, reads: list[Any], end: Any
) -> None:
    rig = safety(benches)
    script(benches["Z"], monkeypatch, "Z.position_um", reads)
    if isinstance(end, float):
        assert rig.apply({"Z.position_um": 30.0}) == {"Z.position_um": end}
        return
    with pytest.raises(end):
        rig.apply({"Z.position_um": 30.0})


def test_a_command_that_is_ignored_fails_when_its_time_is_over(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = safety(benches, **{"Z.position_um": {"timeout_s": 0.1}})
    script(benches["Z"], monkeypatch, "Z.position_um", [20.0])
    with pytest.raises(ReadBackError, match=r"set to 30\.0 um and reads back 20\.0"):
        rig.apply({"Z.position_um": 30.0})


def test_a_first_move_may_be_late_too(benches: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Safety(benches, RigSpec.model_validate(RIG))
    now = benches["mirror"].read("mirror.z5_nm")
    script(benches["mirror"], monkeypatch, "mirror.z5_nm", [now, now, 40.0])
    assert rig.apply({"mirror.z5_nm": 40.0}) == {"mirror.z5_nm": 40.0}


def test_a_late_reading_beside_one_that_has_arrived_breaks_no_joint_limit(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = safety(benches)
    rig.apply({"mirror.z4_nm": 100.0, "mirror.z5_nm": 0.0})
    script(benches["mirror"], monkeypatch, "mirror.z4_nm", [100.0, 100.0, 10.0])
    rig.apply({"mirror.z4_nm": 10.0, "mirror.z5_nm": 120.0})
    assert rig.read(["mirror.z5_nm"]) == {"mirror.z5_nm": 120.0}


def test_what_reads_outside_its_own_limit_is_not_waited_for(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches["laser"].values["laser.power_mw"] = 45.0  # by somebody's hand
    rig = safety(benches)
    script(benches["laser"], monkeypatch, "laser.power_mw", [45.0, 0.0])
    with pytest.raises(OutsideLimit, match="reads 45"):
        rig.apply({"laser.power_mw": 5.0})


def test_a_stop_is_heard_while_something_is_late(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = safety(benches)
    script(benches["Z"], monkeypatch, "Z.position_um", [20.0])
    read, calls = benches["Z"].read, iter(range(100))

    def stopped(name: str) -> Any:
        if next(calls) == 3:
            rig.halt()
        return read(name)

    monkeypatch.setattr(benches["Z"], "read", stopped)
    with pytest.raises(RigError, match="stopped"):
        rig.apply({"Z.position_um": 30.0})
