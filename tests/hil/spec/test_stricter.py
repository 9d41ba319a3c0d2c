"""Of two states of a rig file the stricter limit holds, whichever it stands in."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import InputError
from hil.spec import Limit, RigFile, RigSpec
from hil.spec.load import parse
from hil.spec.rig import outside
from hil.spec.stricter import devices_differ, stricter

HEAD = 'name = "scope"\ncamera = "camera"\n'
DRIVER = '[[driver]]\nkind = "sim.microscope"\nseed = 1\n'


def rig(body: str = "", head: str = HEAD, driver: str = DRIVER) -> RigFile:
    text = f"{head}{driver}{body}"
    path = Path("rig.toml").absolute()
    return RigFile(parse(RigSpec, text, path), text, path)


def limit(body: str) -> RigFile:
    return rig(f'[limits."stage.z_um"]\n{body}\n')


class Case(NamedTuple):
    was: str
    now: str
    holds: dict[str, Any]


LIMITS = [
    Case("low = 0\nhigh = 10", "low = 2\nhigh = 8", {"low": 2, "high": 8}),
    Case("low = 2\nhigh = 8", "low = 0\nhigh = 10", {"low": 2, "high": 8}),
    Case("high = 10", "low = -3\nhigh = 12", {"low": -3, "high": 10}),
    Case("choices = [0, 5, 10]", "choices = [5, 10, 15]", {"choices": (5, 10)}),
    Case("choices = [0, 5, 10]", "high = 7", {"choices": (0, 5), "high": None}),
    Case("high = 7", "choices = [0, 5, 10]", {"choices": (0, 5), "high": None}),
    Case("tolerance = 0.5", "tolerance = 0.1", {"tolerance": 0.1}),
    Case("tolerance = 0.1", "tolerance = 0.5", {"tolerance": 0.1}),
    Case("tolerance = 0.1", "", {"tolerance": 0.1}),
    Case("timeout_s = 5", "timeout_s = 60", {"timeout_s": 5}),
    Case("timeout_s = 60", "", {"timeout_s": 10}),
    Case("settle_ms = 5", "settle_ms = 50", {"settle_ms": 50}),
    Case('approach = "any"', 'approach = "falling"', {"approach": "falling"}),
    Case("backlash = 1", "backlash = 3", {"backlash": 3}),
]


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: f"{case.was} | {case.now}")
def test_the_stricter_limit_holds_and_is_said(case: Case) -> None:
    merged, lines = stricter(limit(case.was), limit(case.now))
    found = merged.spec.limits["stage.z_um"]
    for key, value in case.holds.items():
        assert getattr(found, key) == value
    assert lines
    for line in lines:
        assert line.startswith('rig.toml: limits."stage.z_um".')
        assert line.endswith("holds")


BOUND = st.none() | st.floats(-100, 100)


@given(bounds=st.tuples(BOUND, BOUND, BOUND, BOUND), value=st.floats(-110, 110))
def test_what_is_allowed_by_both_is_what_either_alone_allows(
    bounds: tuple[float | None, ...], value: float
) -> None:
    pairs = [(low, high) for low, high in (bounds[:2], bounds[2:])]
    if any(low is not None and high is not None and low > high for low, high in pairs):
        return
    was, now = (Limit(low=low, high=high) for low, high in pairs)
    files = [
        RigFile(rig().spec.model_copy(update={"limits": {"a.b": one}}), "", rig().path)
        for one in (was, now)
    ]
    try:
        merged, _ = stricter(*files)
    except InputError as error:
        assert "no value is allowed" in str(error)
        assert outside(was, value) or outside(now, value)
        return
    allowed = not outside(merged.spec.limits.get("a.b", Limit()), value)
    assert allowed == (not outside(was, value) and not outside(now, value))


def test_a_setting_that_only_one_of_them_limits_is_limited() -> None:
    one = rig('[limits."a.b"]\nhigh = 1\n')
    other = rig('[limits."c.d"]\nlow = 2\n')
    merged, lines = stricter(one, other)
    assert merged.spec.limits["a.b"].high == 1
    assert merged.spec.limits["c.d"].low == 2
    assert len(lines) == 2


def test_where_nothing_is_allowed_by_both_it_is_said_in_one_line() -> None:
    with pytest.raises(InputError, match=r'rig.toml: limits."stage.z_um": no value is allowed'):
        stricter(limit("low = 0\nhigh = 2"), limit("low = 5\nhigh = 8"))
    with pytest.raises(InputError, match="no choice is allowed"):
        stricter(limit("choices = [1]"), limit("choices = [2]"))


TOGETHER = '[[limits_together]]\nsettings = ["m.a", "m.b"]\nrule = "{}"\nhigh = {}\n'
DOOR = '[[interlock]]\nsetting = "door.{}"\nchoices = ["shut"]\n'


def test_rules_over_several_settings_and_interlocks_add_up() -> None:
    was = rig(TOGETHER.format("norm", 5) + TOGETHER.format("sum_abs", 9) + DOOR.format("left"))
    now = rig(TOGETHER.format("norm", 3) + TOGETHER.format("sum_abs", 9) + DOOR.format("right"))
    merged, lines = stricter(was, now)
    assert sorted(rule.high for rule in merged.spec.limits_together) == [3, 5, 9]
    assert [lock.setting for lock in merged.spec.interlock] == ["door.left", "door.right"]
    assert len(lines) == 2


def test_timeouts_are_the_shorter_ones() -> None:
    was = rig(head=HEAD + "call_timeout_s = 2\nframe_timeout_s = 60\n")
    now = rig(head=HEAD + "call_timeout_s = 9\nopen_timeout_s = 30\n")
    spec = stricter(was, now)[0].spec
    assert (spec.call_timeout_s, spec.frame_timeout_s, spec.open_timeout_s) == (2, 10, 30)


def test_the_park_is_that_of_now_and_what_it_leaves_of_before() -> None:
    step = "[[park]]\nset = {{ {} }}\n"
    was = rig(step.format('"l.p" = 0, "s.z" = 1') + step.format('"s.x" = 4'))
    now = rig(step.format('"l.shutter" = 0') + step.format('"l.p" = 0, "s.z" = 2'))
    merged, lines = stricter(was, now)
    steps = [dict(step.set) for step in merged.spec.park]
    assert steps == [{"l.shutter": 0}, {"l.p": 0, "s.z": 2}, {"s.x": 4}]
    assert "park" in lines[0]


def test_what_is_no_limit_stays_as_the_session_has_it_and_must_be_allowed_now() -> None:
    setup = '[setup]\n"stage.z_um" = {}\n[limits."stage.z_um"]\nhigh = {}\n'
    merged, lines = stricter(rig(setup.format(4, 9)), rig(setup.format(2, 5)))
    assert merged.spec.setup == {"stage.z_um": 4}
    assert any("setup: differs" in line for line in lines)
    with pytest.raises(InputError, match="above the rig's limit 3"):
        stricter(rig(setup.format(4, 9)), rig(setup.format(2, 3)))


def test_what_is_put_together_reads_back_as_itself() -> None:
    merged, _ = stricter(
        limit("low = 0\nhigh = 10"), limit("low = 2\nchoices = [3]".replace("low = 2\n", ""))
    )
    assert parse(RigSpec, merged.text, "rig.toml") == merged.spec


@pytest.mark.parametrize(
    ("now", "key"),
    [
        (rig(head=HEAD.replace("scope", "other")), "name"),
        (rig(head=HEAD.replace('"camera"', '"spare"')), "camera"),
        (rig(driver=DRIVER + DRIVER), "driver"),
        (rig(driver=DRIVER.replace("microscope", "lensless")), "driver.0.kind"),
        (rig(driver=DRIVER + 'scene = "/etc/passwd"\n'), "driver.0.scene"),
    ],
)
def test_other_devices_are_told(now: RigFile, key: str) -> None:
    found = devices_differ(rig().spec, now.spec)
    assert found is not None
    assert found[0] == key
    assert "stored with the session" in found[1]


def test_numbers_of_a_simulation_are_no_devices_and_those_of_hardware_are() -> None:
    assert devices_differ(rig().spec, rig(driver=DRIVER.replace("1", "2")).spec) is None
    _, lines = stricter(rig(), rig(driver=DRIVER.replace("1", "2")))
    assert lines == ("rig.toml: driver.0.seed: 2 now, 1 stored with the session; 1 holds",)
    hardware = DRIVER.replace("sim.microscope", "acme.stage").replace("seed", "index")
    found = devices_differ(rig(driver=hardware).spec, rig(driver=hardware.replace("1", "2")).spec)
    assert found == ("driver.0.index", "2 now, 1 stored with the session")
