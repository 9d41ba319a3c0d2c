"""What reads back otherwise fails; what reads back outside a limit is parked, too."""

from __future__ import annotations

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
        "Z.position_um": {"low": 10, "high": 40, "tolerance": 0.5},
        "mirror.z4_nm": {"choices": [0, 50, 100]},
    },
    "limits_together": [
        {"settings": ["mirror.z4_nm", "mirror.z5_nm"], "rule": "sum_abs", "high": 150}
    ],
    "park": [{"set": {"laser.power_mw": 0}}],
}


@pytest.mark.parametrize(
    ("asked", "read", "error", "says"),
    [
        ({"Z.position_um": 40.0}, 40.4, None, ""),
        ({"Z.position_um": 40.0}, 40.6, OutsideLimit, r"reads 40\.6, above 40; parked"),
        ({"Z.position_um": 40.0}, 39.0, ReadBackError, r"set to 40\.0 um and reads back 39\.0"),
        ({"Z.position_um": 12.0}, 9.0, OutsideLimit, "below 10"),
        ({"Z.position_um": 12.0}, float("nan"), ReadBackError, "nan"),
        ({"Z.position_um": 12.0}, "?", ReadBackError, "reads back '?'"),
        ({"mirror.z4_nm": 50.0}, 60.0, OutsideLimit, r"none of \[0, 50, 100\]"),
        ({"mirror.z5_nm": 120.0}, 160.0, OutsideLimit, "sum_abs .* is 160, allowed: at most 150"),
        ({"mirror.z5_nm": 120.0}, 130.0, ReadBackError, r"set to 120\.0 nm"),
        ({"laser.power_mw": 5.0}, 60.0, OutsideLimit, "above 50"),
    ],
)
def test_a_read_back_is_judged(
    benches: Any,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, Any],
    read: Any,
    error: type[RigError] | None,
    says: str,
) -> None:
    safety = Safety(benches, RigSpec.model_validate(RIG))
    (name,) = asked
    bench = benches[name.split(".")[0]]
    real = bench.start

    def start(values: Any) -> None:
        real(values)
        if values.get(name) == asked[name]:
            bench.values[name] = read

    monkeypatch.setattr(bench, "start", start)
    if error is None:
        assert safety.apply(asked) == {name: read}
        return
    with pytest.raises(error, match=says):
        safety.apply(asked)
    assert (benches["laser"].values["laser.power_mw"] == 0) is (error is OutsideLimit)


def test_where_that_park_fails_it_is_said(benches: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    safety = Safety(benches, RigSpec.model_validate(RIG))
    benches["laser"].broken.add("laser.power_mw")
    monkeypatch.setattr(benches["Z"], "read", lambda name: 90.0)
    with pytest.raises(OutsideLimit, match=r"NOT parked: laser\.power_mw: .*cable") as caught:
        safety.apply({"Z.position_um": 20.0})
    assert caught.value.not_parked


def test_a_move_that_cannot_be_judged_is_not_begun(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    safety = Safety(benches, RigSpec.model_validate(RIG))
    monkeypatch.setattr(benches["mirror"], "read", lambda name: float("nan"))
    with pytest.raises(RigError, match="allowed: a finite number"):
        safety.apply({"mirror.z5_nm": 20.0})
    assert not [values for _, values in benches["Z"].log if values]
