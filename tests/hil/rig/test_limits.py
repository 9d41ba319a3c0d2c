"""What device and rig together allow."""

from __future__ import annotations

import math
from typing import Any

import pytest

from drivers.protocol import Setting
from hil.errors import InterlockOpen, SafetyError
from hil.rig.limits import RigLimits, value_problem
from hil.rig.settings import RigSettings
from hil.spec import RigSpec

BARE = {"name": "bench", "camera": "camera", "driver": [{"kind": "bench"}]}


def limits(benches: Any, **changes: Any) -> RigLimits:
    return RigLimits(RigSettings(benches), RigSpec.model_validate(BARE | changes))


def test_the_tighter_bound_of_device_and_rig_holds(benches: Any) -> None:
    wide = limits(benches)
    low, high = wide.bounds("mirror.z4_nm")
    tight = limits(benches, limits={"mirror.z4_nm": {"high": 50}})
    assert (low, high) == (-200, 200)
    assert tight.bounds("mirror.z4_nm") == (-200, 50)
    assert tight.bounds("mirror.z5_nm") == wide.bounds("mirror.z5_nm")


def test_choices_under_an_alias_are_those_of_the_setting(benches: Any) -> None:
    found = limits(benches, limits={"Wheel.1.State": {"choices": [1]}})
    assert found.choices("Wheel.1.Label") == ("FITC",)
    with pytest.raises(SafetyError, match="DAPI"):
        found.check({"Wheel.1.Label": "DAPI"})


@pytest.mark.parametrize(
    ("rule", "low", "values", "says"),
    [
        ("sum_abs", None, (60.0, -60.0), "sum_abs of mirror.z4_nm, mirror.z5_nm is 120"),
        ("sum_abs", None, (60.0, -40.0), ""),
        ("sum", -10, (-20.0, 5.0), "at least -10"),
    ],
)
def test_settings_are_limited_together(
    benches: Any, rule: str, low: float | None, values: tuple[float, float], says: str
) -> None:
    names = ("mirror.z4_nm", "mirror.z5_nm")
    table = {"settings": list(names), "rule": rule, "high": 100, "low": low}
    found = limits(benches, limits_together=[table])
    problem = found.joint_problem(dict(zip(names, values, strict=True)))
    assert (says in problem) if says else problem == ""


def test_limits_under_two_names_are_refused(benches: Any) -> None:
    """Neither may silently loosen the other."""
    both = {"Wheel.1.State": {"choices": [1]}, "Wheel.1.Label": {"choices": ["DAPI", "FITC"]}}
    with pytest.raises(SafetyError, match="under two names"):
        limits(benches, limits=both)


INTEGER = Setting("wheel.turns", "int", "", 0, 9)
NUMBER = Setting("z.position_um", "float", "um", 0.0, None)


@pytest.mark.parametrize(
    ("setting", "value", "taken"),
    [
        (INTEGER, 3, True),
        (INTEGER, 3.0, True),
        (INTEGER, 3.5, False),
        (INTEGER, 10, False),
        (NUMBER, 1e9, True),
        (NUMBER, -1e-9, False),
        (NUMBER, math.inf, False),
        (NUMBER, True, False),
        (NUMBER, "1", False),
        (Setting("t.temperature_c", "float", "c", read_only=True), 1.0, False),
    ],
)
def test_a_device_takes_what_it_says_that_it_takes(
    setting: Setting, value: Any, taken: bool
) -> None:
    assert (value_problem(setting, value) == "") is taken


OPEN: dict[str, tuple[dict[str, Any], Any]] = {
    "no number": ({"setting": "Z.position_um", "high": 60}, math.nan),
    "no number, either end": ({"setting": "Z.position_um", "low": 0, "high": 60}, math.nan),
    "beyond": ({"setting": "Z.position_um", "high": 60}, math.inf),
    "by another name": ({"setting": "Wheel.1.State", "choices": [1]}, "DAPI"),
}


@pytest.mark.parametrize(("lock", "reads"), OPEN.values(), ids=OPEN)
def test_an_interlock_that_is_not_known_to_be_shut_is_open(
    benches: Any, lock: dict[str, Any], reads: Any
) -> None:
    found = limits(benches, interlock=[lock])
    found.check_interlocks()
    name = found.interlocks[0][0]
    benches[name.rpartition(".")[0]].values[name] = reads
    with pytest.raises(InterlockOpen):
        found.check_interlocks()


@pytest.mark.parametrize(
    "lock",
    [
        {"setting": "door.state", "low": 1},
        {"setting": "door.state", "choices": ["shutt"]},
        {"setting": "Wheel.1.State", "choices": [7]},
    ],
    ids=["a range of words", "never read", "an alias's"],
)
def test_an_interlock_that_nothing_would_open_or_shut_is_refused(
    benches: Any, lock: dict[str, Any]
) -> None:
    with pytest.raises(SafetyError) as error:
        limits(benches, interlock=[lock])
    assert error.value.key.startswith("interlock.0")
