"""A session ends dark, or ends by saying what is still lit."""

from __future__ import annotations

import pytest

from hil.cli.main import run
from hil.errors import NotParked
from hil.supervision.stop import StopSwitch
from tests.hil.session.test_driver_faults import faulty_rig
from tests.hil.session_bench import Bench
from tests.hil.small_session import SESSION

LIT = "light.power_mw"
# The first command to the lamp is the setup's; all later ones are those of parks.
PARKS = ", ".join(str(call) for call in range(2, 40))


def lamp(fault: str, at: str) -> str:
    return faulty_rig(f'{fault}\ndevice = "light"\nat = [{at}]')


def test_a_lamp_that_ignores_the_park_is_named_and_the_status_is_1(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write(lamp('fault = "ignored"', PARKS), SESSION)
    monkeypatch.chdir(bench.folder)
    assert run(["run", "session.toml", "--trials", "2", "--db", bench.url]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == (
        f"error: the rig could not be parked: {LIT}: {LIT} was set to 0 mw and reads back 1.0 mw"
    )
    with bench.database() as database:
        event = database.events("last").iloc[-1]
    assert event["kind"] == "park_failed"
    assert "reads back 1.0 mw" in event["detail"][LIT]


@pytest.mark.parametrize(
    "fault", ['fault = "ignored"', 'fault = "os_error"\ncall = "start"'], ids=["ignored", "dropped"]
)
def test_one_command_that_is_lost_leaves_no_light_on(fault: str, bench: Bench) -> None:
    bench.write(lamp(fault, "2"), SESSION)
    assert bench.run(trials=2).state == "COMPLETE"
    assert bench.events()[-1] == "park"


def test_a_session_that_was_stopped_and_is_not_dark_says_so(bench: Bench) -> None:
    bench.write(lamp('fault = "ignored"', PARKS), SESSION)
    stop = StopSwitch()
    with pytest.raises(NotParked, match=r"reads back 1\.0 mw"):
        bench.run(stop=stop, observer=lambda snapshot: stop.press("enough"))
    with bench.database() as database:
        assert database.session("last").state == "STOPPED"


def test_a_defect_does_not_hide_that_light_is_on(bench: Bench) -> None:
    bench.write(lamp('fault = "ignored"', PARKS), SESSION)

    def defect(snapshot: object) -> None:
        raise ZeroDivisionError("a defect")

    with pytest.raises(NotParked, match=r"reads back 1\.0 mw.*after: a defect"):
        bench.run(observer=defect)
