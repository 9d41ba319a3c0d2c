from __future__ import annotations

import pytest

from drivers.errors import DeviceFault, FrameLost, ValueRefused
from drivers.replay.devices import RecordedRig
from drivers.types import Value
from tests.drivers.replay.planted import RECORDING, trial, with_trials


def rig(**options: bool) -> RecordedRig:
    return RecordedRig(RECORDING, **{"nearest": False, "realtime": False, **options})


def put(opened: RecordedRig, name: str, value: Value) -> None:
    device = opened.devices[name.rpartition(".")[0]]
    device.start({name: value})
    device.settle(1)


def seen(opened: RecordedRig, n: int = 1) -> list[int]:
    camera = opened.devices["camera"]
    return [int(frame.pixels[0, 0]) for frame in camera.capture(n, 1.0)]  # type: ignore[attr-defined]


def test_frames_come_from_the_trial_at_the_settings_and_from_the_field_of_view() -> None:
    opened = rig()
    put(opened, "Z.position_um", 3.0)
    put(opened, "X.position_um", 20.0)
    assert seen(opened, 4) == [1100, 1101, 1102, 1103]


def test_what_was_read_back_reads_again() -> None:
    opened = rig()
    put(opened, "Z.position_um", 3.0)
    assert opened.devices["Z"].read("Z.position_um") == 3.02
    assert opened.devices["room"].read("room.celsius") == 21.0


def test_a_setting_that_was_never_measured_is_refused_with_the_nearest() -> None:
    opened = rig()
    put(opened, "Z.position_um", 2.6)
    with pytest.raises(ValueRefused, match=r"2.6 refused.*nearest is trial 1.*Z.position_um = 3.0"):
        seen(opened)
    put(opened, "Z.position_um", 3.0)  # and a refusal leaves nothing behind
    assert seen(opened) == [1000]


def test_a_choice_that_was_never_measured_is_refused() -> None:
    opened = rig()
    put(opened, "wheel.Label", "FITC")
    with pytest.raises(ValueRefused, match=r"wheel\.Label"):
        seen(opened)


def test_a_lamp_that_stood_elsewhere_shows_nothing() -> None:
    opened = rig()
    put(opened, "lamp.power_mw", 0.0)
    with pytest.raises(ValueRefused, match=r"lamp.power_mw = 0.0 refused.*lamp.power_mw = 2.0"):
        seen(opened)


def test_a_field_that_was_never_measured_is_refused() -> None:
    opened = rig()
    put(opened, "X.position_um", 5.0)
    with pytest.raises(ValueRefused, match=r"X.position_um = 5.0 refused.*field 0"):
        seen(opened)


def test_the_nearest_is_served_where_that_is_wanted() -> None:
    opened = rig(nearest=True)
    put(opened, "Z.position_um", 2.6)
    assert opened.devices["replay"].read("replay.trial") == 1
    assert seen(opened) == [1000]


def test_trials_at_the_same_settings_come_in_turn_or_by_number() -> None:
    opened = rig()
    found = []
    for _ in range(3):
        put(opened, "Z.position_um", 1.0)
        found += seen(opened)
    assert found == [0, 4000, 0]
    put(opened, "replay.trial", 4)
    assert seen(opened) == [4000]
    put(opened, "replay.trial", 1)
    with pytest.raises(ValueRefused, match=r"replay.trial = 1 refused, allowed: 0, 4"):
        seen(opened)


def test_no_frame_is_served_twice_in_a_series() -> None:
    opened = rig()
    with pytest.raises(FrameLost, match="4 of 5 frames came"):
        seen(opened, 5)


def test_captures_go_on_where_the_last_ended() -> None:
    opened = rig()
    assert [seen(opened, 2), seen(opened), seen(opened, 2)] == [[0, 1], [2], [0, 1]]


def test_a_trial_that_took_only_some_fields_of_view_has_no_others() -> None:
    partly = trial(0, 1.0, "DAPI")
    recording = with_trials(type(partly)(**{**_fields(partly), "fields": (1,)}))
    opened = RecordedRig(recording, nearest=False, realtime=False)
    with pytest.raises(DeviceFault, match="trial 0 of session 1234abcd has no frames of field 0"):
        seen(opened)
    put(opened, "X.position_um", 20.0)
    assert seen(opened) == [100]


def _fields(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in type(one).__dataclass_fields__}  # type: ignore[attr-defined]


def test_time_passes_as_it_did() -> None:
    opened = rig()
    for x in (0.0, 20.0, 0.0):  # the third is the guards' second look
        put(opened, "X.position_um", x)
        seen(opened)
    assert opened.device_s() == pytest.approx(3.0)
