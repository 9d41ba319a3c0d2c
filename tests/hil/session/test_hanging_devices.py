"""A device that hangs: it is named, all else is parked, and the process ends."""

from __future__ import annotations

import time
from typing import NamedTuple

import pytest

import sim.microscope.fluorescence.imager  # noqa: F401  torch loads here, not within a capture
from hil.errors import HilError, NotParked
from tests.hil.session.test_driver_faults import faulty_rig
from tests.hil.session_bench import Bench, start
from tests.hil.small_session import RIG, SESSION

QUICK = (
    RIG.replace(
        'camera = "camera"\n',
        'camera = "camera"\ncall_timeout_s = 0.4\nframe_timeout_s = 2\n',
    )
    + '\n[limits."mirror.z5_nm"]\ntimeout_s = 0.4\n'
    + '\n[limits."focus.z_um"]\ntimeout_s = 0.4\n'
    + '\n[limits."stage.x_um"]\ntimeout_s = 0.4\n'
    + '\n[limits."stage.y_um"]\ntimeout_s = 0.4\n'
    + '\n[limits."light.power_mw"]\ntimeout_s = 0.4\n'
)


class Hang(NamedTuple):
    device: str
    call: str
    at: int
    named: str


def hanging(device: str, call: str, at: str) -> str:
    fault = f'fault = "hang"\nhang_s = 600\ndevice = "{device}"\ncall = "{call}"\nat = [{at}]'
    return faulty_rig(fault, rig=QUICK)


IN_A_TRIAL = [
    Hang("mirror", "start", 2, "set mirror.z5_nm"),
    Hang("mirror", "settle", 2, "settle"),
    Hang("mirror", "read", 6, "read mirror.z5_nm"),
    Hang("focus", "settle", 2, "settle"),
    Hang("stage", "settle", 4, "settle"),
    Hang("camera", "capture", 6, "capture"),
]


@pytest.mark.parametrize("case", IN_A_TRIAL, ids=lambda case: f"{case.device} {case.call}")
def test_a_hang_in_a_trial_is_named_and_the_rest_is_parked(case: Hang, bench: Bench) -> None:
    bench.write(hanging(case.device, case.call, str(case.at)), SESSION)
    began_s = time.monotonic()
    result = bench.run()
    assert time.monotonic() - began_s < 30.0, "nobody waits ten minutes for it"
    assert result.state == "FAILED"
    assert f"{case.device}: {case.named} has not returned for" in result.reason
    with bench.database() as database:
        events = database.events("last")
        trials = database.trials("last", sort="number")
    detail = events.set_index("kind")["detail"]["device_hangs"]
    assert (detail["device"], detail["call"]) == (case.device, case.named)
    assert "park_failed" not in list(events["kind"])
    assert trials["state"].iloc[-1] == "FAILED"
    assert case.device in trials["reason"].iloc[-1]


@pytest.mark.parametrize("call", ["start", "settle", "read"])
def test_a_lamp_that_hangs_in_the_park_is_named_and_the_status_is_1(
    call: str, bench: Bench
) -> None:
    at = {"start": "2, 3, 4, 5", "settle": "2, 3, 4, 5", "read": "4, 5, 6, 7, 8, 9, 10"}[call]
    bench.write(hanging("light", call, at), SESSION)
    with pytest.raises(NotParked, match=r"light\.power_mw: light: .* has not returned") as caught:
        bench.run(trials=1)
    assert caught.value.exit_status == 1


def test_a_hang_before_the_first_trial_ends_the_session(bench: Bench) -> None:
    bench.write(hanging("light", "settle", "1"), SESSION)
    with pytest.raises(HilError, match="light: settle has not returned"):
        bench.run(trials=1)


@pytest.mark.parametrize(("device", "call"), [("mirror", "settle"), ("driver", "close")])
def test_the_process_ends_by_itself(device: str, call: str, bench: Bench) -> None:
    # A process of its own loads torch within its first capture.
    rig = hanging(device, call, "1").replace("frame_timeout_s = 2", "frame_timeout_s = 20")
    bench.write(rig, SESSION)
    process = start(bench, "run", "session.toml", "--trials", "2")
    began_s = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert time.monotonic() - began_s < 40
    assert process.returncode == (1 if device == "mirror" else 0), said
    assert bench.events()[-1] != "park_failed"
