"""Nothing reaches a device that the rig's owner did not allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import RigError, SafetyError
from hil.rig.recorded import recorded_settings
from hil.rig.safety import Safety
from hil.spec import RigSpec

RIG: dict[str, Any] = {
    "name": "bench",
    "camera": "camera",
    "driver": [{"kind": "bench"}],
    "limits": {
        "Z.position_um": {"low": 10, "high": 40},
        "laser.power_mw": {"high": 20},
        "Wheel.1.State": {"choices": [0, 1]},
    },
    "limits_together": [
        {"settings": ["mirror.z4_nm", "mirror.z5_nm"], "rule": "sum_abs", "high": 150}
    ],
    "interlock": [{"setting": "door.state", "choices": ["shut"]}],
    "park": [{"set": {"laser.power_mw": 0}}, {"set": {"Z.position_um": 10}}],
}


def make_safety(benches: Any, **changes: Any) -> Safety:
    return Safety(benches, RigSpec.model_validate(RIG | changes))


def commands(benches: Any) -> list[Mapping[str, Any]]:
    return [values for _, values in benches["Z"].log if values]


class Refusal(NamedTuple):
    name: str
    values: dict[str, Any]
    says: str


REFUSALS = [
    Refusal("below the rig's limit", {"Z.position_um": 5.0}, "below the rig's limit 10"),
    Refusal("above the device's", {"mirror.z4_nm": 201.0}, "from -200 to 200 nm"),
    Refusal("not a number", {"Z.position_um": float("nan")}, "allowed"),
    Refusal("infinite", {"Z.position_um": float("inf")}, "allowed"),
    Refusal("text for a number", {"Z.position_um": "20"}, "allowed"),
    Refusal("half an integer", {"Wheel.1.turns": 2.5}, "an integer"),
    Refusal("no such choice", {"Wheel.1.Label": "Cy5"}, "'DAPI'"),
    Refusal("no such number under the alias", {"Wheel.1.State": 7}, "one of 0, 1"),
    Refusal("read-only", {"door.state": "open"}, "read-only"),
    Refusal("misspelt", {"Z.position_m": 20.0}, "did you mean 'Z.position_um'?"),
    Refusal("together", {"mirror.z4_nm": 100.0, "mirror.z5_nm": -60.0}, "sum_abs"),
    Refusal("a preset that goes too far", {"Preset.Channel": "bright"}, "laser.power_mw = 40"),
    Refusal("one quantity twice", {"Wheel.1.State": 0, "Wheel.1.Label": "FITC"}, "both"),
    Refusal("good and bad", {"laser.power_mw": 5.0, "Z.position_um": 90.0}, "Z.position_um"),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.name)
def test_refused_before_anything_is_sent(case: Refusal, benches: Any) -> None:
    safety = make_safety(benches)
    with pytest.raises(SafetyError, match=case.says.replace("?", r"\?")):
        safety.apply(case.values)
    assert commands(benches) == []


def test_limits_together_count_what_is_already_there(benches: Any) -> None:
    safety = make_safety(benches)
    safety.apply({"mirror.z4_nm": 100.0})
    with pytest.raises(SafetyError, match="sum_abs"):
        safety.apply({"mirror.z5_nm": 60.0})
    assert safety.apply({"mirror.z5_nm": -50.0}) == {"mirror.z5_nm": -50.0}


def test_an_open_interlock_stops_every_command(benches: Any) -> None:
    safety = make_safety(benches)
    benches["door"].values["door.state"] = "open"
    with pytest.raises(SafetyError, match=r"interlock: door\.state = 'open'"):
        safety.apply({"Z.position_um": 20.0})
    assert commands(benches) == []


def test_alias_reads_back_under_the_canonical_name(benches: Any) -> None:
    assert make_safety(benches).apply({"Wheel.1.State": 0}) == {"Wheel.1.Label": "DAPI"}


def test_preset_is_expanded_and_reads_back_each_setting(benches: Any) -> None:
    read_back = make_safety(benches).apply({"Preset.Channel": "blue"})
    assert read_back == {"Wheel.1.Label": "DAPI", "laser.power_mw": 5.0}


def test_light_comes_last(benches: Any) -> None:
    make_safety(benches).apply({"laser.power_mw": 5.0, "mirror.z4_nm": 10.0})
    assert [label for label, values in benches["Z"].log if values] == ["mirror", "laser"]


class Move(NamedTuple):
    name: str
    start_um: float
    target_um: float
    approach: str
    stops_um: list[float]


MOVES = [
    Move("up needs no detour", 20, 30, "rising", [30]),
    Move("down goes below first", 30, 20, "rising", [18, 20]),
    Move("never beyond the limit", 30, 11, "rising", [10, 11]),
    Move("from above", 20, 30, "falling", [32, 30]),
    Move("any side", 30, 20, "any", [20]),
    Move("already there", 30, 30, "rising", [30]),
]


@pytest.mark.parametrize("case", MOVES, ids=lambda case: case.name)
def test_targets_are_approached_from_one_side(case: Move, benches: Any) -> None:
    limits = {"Z.position_um": {"low": 10, "high": 40, "approach": case.approach}}
    safety = make_safety(benches, limits=limits)
    benches["Z"].values["Z.position_um"] = case.start_um
    safety.apply({"Z.position_um": case.target_um})
    assert [values["Z.position_um"] for values in commands(benches)] == case.stops_um


def test_park_takes_every_step_light_first_even_if_one_fails(benches: Any) -> None:
    safety = make_safety(benches)
    benches["laser"].broken.add("laser.power_mw")
    problems = safety.park()
    assert [problem.setting for problem in problems] == ["laser.power_mw"]
    assert "the cable is out" in problems[0].message
    assert commands(benches) == [{"Z.position_um": 10}]


def test_park_ignores_an_open_interlock(benches: Any) -> None:
    safety = make_safety(benches)
    benches["door"].values["door.state"] = "open"
    assert safety.park() == []
    assert commands(benches) == [{"laser.power_mw": 0}, {"Z.position_um": 10}]


def test_a_rig_without_park_steps_darkens_every_light(benches: Any) -> None:
    safety = make_safety(benches, park=[])
    safety.park()
    assert commands(benches) == [{"laser.power_mw": 0.0}]


def test_a_fault_stops_all_devices(benches: Any) -> None:
    safety = make_safety(benches)
    benches["mirror"].broken.add("mirror.z4_nm")
    with pytest.raises(RigError, match="mirror: start: the cable is out"):
        safety.apply({"mirror.z4_nm": 1.0})
    assert ("Z stopped", {}) in benches["Z"].log


class Mistake(NamedTuple):
    name: str
    change: dict[str, Any]
    key: str


MISTAKES = [
    Mistake("unknown setting", {"limits": {"Y.x_um": {"low": 0}}}, 'limits."Y.x_um"'),
    Mistake(
        "wider than the device",
        {"limits": {"Z.position_um": {"high": 500}}},
        'limits."Z.position_um".high',
    ),
    Mistake(
        "range for choices", {"limits": {"Wheel.1.Label": {"low": 0}}}, 'limits."Wheel.1.Label"'
    ),
    Mistake("parked where it cannot be", {"park": [{"set": {"laser.power_mw": 60}}]}, "park.0.set"),
    Mistake(
        "choices summed",
        {
            "limits_together": [
                {"settings": ["Wheel.1.Label", "mirror.z4_nm"], "rule": "sum", "high": 1}
            ]
        },
        "limits_together.0.settings",
    ),
    Mistake(
        "unknown interlock", {"interlock": [{"setting": "dor.state", "low": 1}]}, "interlock.0"
    ),
    Mistake(
        "noise at no such setting",
        {
            "noise": {"kind": "gaussian", "sigma_adu": 2},
            "noise_at": [{"when": {"Wheel.1.Labl": "DAPI"}, "sigma_adu": 3}],
        },
        "noise_at.0.when",
    ),
    Mistake("unknown record", {"record": ["Z.position_um", "Z.temperature_c"]}, "record.1"),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_mistakes_in_the_rig_file_name_their_key(case: Mistake, benches: Any) -> None:
    bare = {key: RIG[key] for key in ("name", "camera", "driver")}
    with pytest.raises(SafetyError) as caught:
        spec = RigSpec.model_validate(bare | case.change)
        recorded_settings(Safety(benches, spec), spec)
    assert caught.value.key.startswith(case.key)
    assert commands(benches) == []


@given(
    value=st.one_of(st.floats(), st.integers(), st.text(max_size=3)),
    name=st.sampled_from(["Z.position_um", "laser.power_mw", "Wheel.1.turns", "Wheel.1.Label"]),
)
def test_whatever_is_asked_stays_inside(
    value: Any, name: str, new_benches: Callable[[], Any]
) -> None:
    benches = new_benches()
    safety = make_safety(benches)
    try:
        safety.apply({name: value})
    except SafetyError:
        assert commands(benches) == []
    assert 10 <= benches["Z"].values["Z.position_um"] <= 50
    assert 0 <= benches["laser"].values["laser.power_mw"] <= 20
    assert benches["Wheel.1"].values["Wheel.1.turns"] in range(10)
    assert benches["Wheel.1"].values["Wheel.1.Label"] in ("DAPI", "FITC")


def mirror_commands(benches: Any) -> list[Mapping[str, Any]]:
    return [v for label, v in benches["Z"].log if label == "mirror" and v]


def test_what_is_lowered_goes_before_what_is_raised(benches: Any) -> None:
    safety = make_safety(benches)
    safety.apply({"mirror.z4_nm": 100.0})
    safety.apply({"mirror.z5_nm": 100.0, "mirror.z4_nm": -50.0})
    assert mirror_commands(benches)[1:] == [{"mirror.z4_nm": -50.0}, {"mirror.z5_nm": 100.0}]


def test_an_approach_does_not_break_a_limit_together(benches: Any) -> None:
    limits = {"mirror.z4_nm": {"backlash": 20}}
    safety = make_safety(benches, limits=limits)
    safety.apply({"mirror.z5_nm": 100.0})
    safety.apply({"mirror.z4_nm": -50.0})
    assert mirror_commands(benches)[1:] == [{"mirror.z4_nm": -50.0}]


def test_an_approach_keeps_to_allowed_choices_and_whole_numbers(benches: Any) -> None:
    limits = {
        "Z.position_um": {"choices": [0, 5, 10], "backlash": 3},
        "Wheel.1.turns": {"backlash": 0.5},
    }
    safety = make_safety(benches, limits=limits, park=[])
    safety.apply({"Z.position_um": 5, "Wheel.1.turns": 1})
    sent = [dict(values) for values in commands(benches)]
    assert [v["Z.position_um"] for v in sent if "Z.position_um" in v] == [0, 5]
    turns = [v["Wheel.1.turns"] for v in sent if "Wheel.1.turns" in v]
    assert turns == [0, 1]
    assert all(isinstance(turn, int) for turn in turns)


def test_a_number_is_sent_as_the_device_describes_it(benches: Any) -> None:
    make_safety(benches).apply({"Wheel.1.turns": 4.0})
    assert isinstance(benches["Wheel.1"].values["Wheel.1.turns"], int)


def test_an_interlock_that_opens_on_the_way_ends_the_move(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    safety = make_safety(benches, limits={"mirror.z4_nm": {"max_step": 10}})

    def settle(timeout_s: float) -> None:
        benches["door"].values["door.state"] = "open"

    monkeypatch.setattr(benches["mirror"], "settle", settle)
    with pytest.raises(SafetyError, match="interlock"):
        safety.apply({"mirror.z4_nm": 40.0})
    assert mirror_commands(benches) == [{"mirror.z4_nm": 10.0}]


def test_a_matrix_limits_what_modes_do_together(benches: Any) -> None:
    matrix = {
        "settings": ["mirror.z4_nm", "mirror.z5_nm"],
        "matrix": [[1, 1], [1, -1]],
        "flat": [0, 10],
        "max": 100,
    }
    safety = make_safety(benches, limits_together=[], limits_matrix=[matrix])
    assert safety.joint_settings == ("mirror.z4_nm", "mirror.z5_nm")
    assert safety.joint_problem({"mirror.z4_nm": 50, "mirror.z5_nm": 50}) == ""
    with pytest.raises(SafetyError, match=r"actuator 1 .* is 110, allowed: at most 100"):
        safety.apply({"mirror.z4_nm": 90.0, "mirror.z5_nm": -10.0})
    assert mirror_commands(benches) == []
    safety.apply({"mirror.z4_nm": 90.0, "mirror.z5_nm": 10.0})


def test_limits_of_steps_fit_their_settings(benches: Any) -> None:
    with pytest.raises(SafetyError, match="no whole step"):
        make_safety(benches, limits={"Wheel.1.turns": {"max_step": 0.5}})
    with pytest.raises(SafetyError, match="has choices"):
        make_safety(benches, limits={"Wheel.1.Label": {"slew_per_s": 1}})
