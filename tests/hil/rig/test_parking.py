"""Parked is what reads so: ignored commands are seen, dropped ones repeated, none keeps the rest."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from drivers.errors import DeviceFault
from drivers.types import Value
from hil.rig.parking import Parking
from hil.rig.safety import Safety
from hil.rig.settings import RigSettings
from hil.spec import Limit, RigSpec

LASER, Z = "laser.power_mw", "Z.position_um"
STEPS: tuple[Mapping[str, Value], ...] = ({Z: 10.0}, {LASER: 0.0})


def parking(benches: Any, steps: tuple[Mapping[str, Value], ...] = STEPS, **limit: Any) -> Parking:
    return Parking(RigSettings(benches), steps, lambda name: Limit(**limit))


def test_light_comes_first_wherever_the_file_names_it(benches: Any) -> None:
    assert parking(benches).run() == []
    assert [label for label, values in benches["Z"].log if values] == ["laser", "Z"]


def test_a_preset_whose_devices_were_not_all_reached_is_taken_as_far_as_they_are(
    benches: Any,
) -> None:
    """In an emergency each driver is parked by itself: what is missing keeps no lamp lit."""
    reached = {label: benches[label] for label in ("Preset", "laser")}
    found = Parking(RigSettings(reached), ({"Preset.Channel": "blue"},), lambda name: Limit())
    assert found.run() == []
    assert benches["laser"].values[LASER] == 5.0


@pytest.mark.parametrize("failures", [1, 3])
def test_a_command_that_failed_is_repeated(
    failures: int, benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = benches["laser"].start, iter(range(failures))

    def start(values: Mapping[str, Value]) -> None:
        if next(left, None) is not None:
            raise DeviceFault("laser", "start", "checksum")
        real(values)

    monkeypatch.setattr(benches["laser"], "start", start)
    assert parking(benches).run() == []
    assert benches["laser"].values[LASER] == 0.0


def test_a_lamp_that_ignores_the_command_is_named_with_what_it_reads(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    benches["laser"].values[LASER] = 5.0
    monkeypatch.setattr(benches["laser"], "start", lambda values: None)
    problems = parking(benches, timeout_s=0.1).run()
    assert [problem.setting for problem in problems] == [LASER]
    assert problems[0].message == f"{LASER} was set to 0.0 mw and reads back 5.0 mw"
    assert benches["Z"].values[Z] == 10.0, "the other steps were taken"


def test_a_lamp_that_reads_late_is_safe_once_it_reads_so(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than all attempts take together."""
    real, reads = benches["laser"].read, iter(range(12))
    monkeypatch.setattr(
        benches["laser"], "read", lambda name: real(name) if next(reads, None) is None else 5.0
    )
    assert parking(benches).run() == []


def test_the_owner_says_how_far_off_counts_as_safe(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches["Z"], "read", lambda name: 10.4)
    assert [problem.setting for problem in parking(benches, timeout_s=0.1).run()] == [Z]
    assert parking(benches, tolerance=0.5).run() == []


def test_a_lamp_that_cannot_be_read_is_not_known_to_be_safe(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(name: str) -> Value:
        raise OSError("no answer")

    monkeypatch.setattr(benches["laser"], "read", silent)
    assert [problem.message for problem in parking(benches).run()] == ["no answer"]


def test_a_lamp_is_not_kept_lit_by_another_that_takes_its_time(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel is told to be a light here; it settles once the laser is dark."""
    wheel = benches["Wheel.1"]
    lit = tuple(
        setting.__class__(setting.name, setting.kind, choices=setting.choices, role="light")
        for setting in wheel.settings
        if setting.kind == "choice"
    )
    monkeypatch.setattr(wheel, "settings", lit)
    dark = threading.Event()
    real = benches["laser"].settle

    def settle(timeout_s: float) -> None:
        real(timeout_s)
        dark.set()

    def wait(timeout_s: float) -> None:
        if not dark.wait(10):
            raise DeviceFault("Wheel.1", "settle", "the laser is still on")

    monkeypatch.setattr(benches["laser"], "settle", settle)
    monkeypatch.setattr(wheel, "settle", wait)
    assert parking(benches, ({"Wheel.1.Label": "DAPI"}, {LASER: 0.0})).run() == []


def test_a_preset_counts_as_what_it_sets(benches: Any) -> None:
    assert parking(benches, ({"Preset.Channel": "blue"},)).run() == []
    assert benches["laser"].values[LASER] == 5.0
    assert benches["Wheel.1"].values["Wheel.1.Label"] == "DAPI"


TOGETHER = {"settings": ["mirror.z4_nm", "mirror.z5_nm"], "rule": "sum", "high": 100}


def parked(benches: Any, steps: list[dict[str, Value]], **changes: Any) -> Safety:
    spec = {"name": "bench", "camera": "camera", "driver": [{"kind": "bench"}]}
    spec |= {"park": [{"set": step} for step in steps]} | changes
    safety = Safety(benches, RigSpec.model_validate(spec))
    assert safety.park() == []
    return safety


def sent(benches: Any) -> list[Mapping[str, Value]]:
    return [values for _, values in benches["Z"].log if values]


def test_a_step_that_would_break_a_limit_waits_for_another(benches: Any) -> None:
    benches["mirror"].values["mirror.z4_nm"] = 90.0
    steps: list[dict[str, Value]] = [{"mirror.z5_nm": 80.0}, {"mirror.z4_nm": 10.0}, {LASER: 0.0}]
    safety = parked(benches, steps, limits_together=[TOGETHER])
    assert sent(benches) == [{LASER: 0.0}, {"mirror.z4_nm": 10.0}, {"mirror.z5_nm": 80.0}]
    assert safety.limits_passed() == ()


def test_steps_go_in_parts_where_neither_can_come_first(benches: Any) -> None:
    benches["mirror"].values |= {"mirror.z4_nm": 90.0, "mirror.z5_nm": 0.0}
    steps: list[dict[str, Value]] = [{"mirror.z5_nm": 90.0}, {"mirror.z4_nm": 0.0}]
    safety = parked(benches, steps, limits_together=[TOGETHER | {"low": 60}])
    seen = {"mirror.z4_nm": 90.0, "mirror.z5_nm": 0.0}
    for command in sent(benches):
        seen |= command
        assert 60 <= sum(seen.values()) <= 100, sent(benches)
    assert seen == {"mirror.z4_nm": 0.0, "mirror.z5_nm": 90.0}
    assert safety.limits_passed() == ()


def test_light_goes_out_whatever_a_limit_says_and_that_is_said(benches: Any) -> None:
    rule = {"settings": [LASER, "mirror.z4_nm"], "rule": "sum", "high": 50, "low": 1}
    safety = parked(benches, [{LASER: 0.0}], limits_together=[rule])
    assert benches["laser"].values[LASER] == 0.0
    assert "sum of laser.power_mw, mirror.z4_nm is 0, allowed: at least 1" in str(
        safety.limits_passed()
    )


def test_a_step_without_an_order_is_taken_and_said(benches: Any) -> None:
    safety = parked(benches, [{"mirror.z4_nm": 200.0}], limits_together=[TOGETHER])
    assert benches["mirror"].values["mirror.z4_nm"] == 200.0
    assert "allowed: at most 100" in safety.limits_passed()[0]


def test_a_limit_that_cannot_be_judged_keeps_no_step_away(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = benches["mirror"].read

    def read(name: str) -> Value:
        if name == "mirror.z5_nm":
            raise DeviceFault("mirror", "read", "no answer")
        return real(name)

    monkeypatch.setattr(benches["mirror"], "read", read)
    safety = parked(benches, [{"mirror.z4_nm": 5.0}], limits_together=[TOGETHER])
    assert benches["mirror"].values["mirror.z4_nm"] == 5.0
    assert "not known whether limits are kept" in safety.limits_passed()[0]


def test_steps_are_no_larger_than_allowed_but_light_jumps(benches: Any) -> None:
    benches["laser"].values[LASER] = 40.0
    benches["mirror"].values["mirror.z4_nm"] = 40.0
    limits = {LASER: {"max_step": 1}, "mirror.z4_nm": {"max_step": 20}}
    parked(benches, [{"mirror.z4_nm": 0.0}, {LASER: 0.0}], limits=limits)
    assert sent(benches) == [{LASER: 0.0}, {"mirror.z4_nm": 20.0}, {"mirror.z4_nm": 0.0}]


def test_a_lamp_that_comes_on_by_itself_meanwhile_is_put_out_again(
    benches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage that runs into its switch resets the lamp's controller, say."""
    real = benches["Z"].settle

    def settle(timeout_s: float) -> None:
        real(timeout_s)
        benches["laser"].values[LASER] = 5.0

    monkeypatch.setattr(benches["Z"], "settle", settle)
    assert parking(benches).run() == []
    assert benches["laser"].values[LASER] == 0.0


def test_a_read_back_that_lags_is_waited_for(benches: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    benches["laser"].values[LASER] = 5.0
    late = iter([5.0, 5.0])
    real = benches["laser"].read
    monkeypatch.setattr(benches["laser"], "read", lambda name: next(late, None) or real(name))
    assert parking(benches).run() == []


@pytest.mark.usefixtures("no_threads")
def test_without_another_thread_the_light_goes_out_all_the_same(benches: Any) -> None:
    wheel = benches["Wheel.1"]
    wheel.settings = tuple(replace(s, role="light") for s in wheel.settings if s.kind == "choice")
    steps: tuple[Mapping[str, Value], ...] = ({"Wheel.1.Label": "DAPI"}, {LASER: 0.0}, {Z: 10.0})
    assert parking(benches, steps).run() == []
    benches["laser"].values[LASER] = 5.0
    safety = Safety(
        benches,
        RigSpec.model_validate(
            {"name": "bench", "camera": "camera", "driver": [{"kind": "bench"}]}
            | {"park": [{"set": {LASER: 0}}]}
        ),
    )
    safety.darken()
    assert benches["laser"].values[LASER] == 0.0
