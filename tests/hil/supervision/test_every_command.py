"""Every command that moves is protected as a session is: signal, death, and a device that hangs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.hil.planted_rig import LIT, RIG, ask_for, lit_mw, plant, wait_until_dark
from tests.hil.session_bench import Bench, start, wait_for
from tests.hil.small_session import SESSION

CALIBRATE = """
[calibrate]
dark = { set = { "lamp.power_mw" = 0, "light.power_mw" = 0 } }
vary = { setting = "camera.exposure_ms", low = 2, high = 40, points = 8 }
"""
# A command, and the call in which it is held while the lamp is lit.
COMMANDS = {
    "run": (["run", "session.toml"], "camera capture"),
    "measure": (["measure", "rig.toml"], "camera capture"),
    "apply": (["apply", "last", "--best"], "mirror settle"),
}


@pytest.fixture(params=list(COMMANDS))
def held(
    request: pytest.FixtureRequest, bench: Bench
) -> Iterator[tuple[Bench, subprocess.Popen[str]]]:
    """A command in mid-move, or in mid-capture, with the lamp lit."""
    arguments, hangs = COMMANDS[request.param]
    environ = plant(bench.folder)
    limits = '\n[limits."mirror.z5_nm"]\ntimeout_s = 20\n'
    bench.write(RIG + limits, SESSION.replace("trials = 6", "trials = 1"))
    if "last" in arguments:
        done = start(bench, "run", "session.toml", environ=environ)
        assert done.wait(timeout=60) == 0
        done.communicate()
    ask_for(bench.folder, f"{hangs} hangs")
    process = start(bench, *arguments, environ=environ)
    try:
        wait_for(lambda: lit_mw(bench.folder) > 0)
        time.sleep(0.5)  # into the call that hangs
        assert process.poll() is None
        yield bench, process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends a process no SIGTERM")
def test_a_signal_in_a_call_that_does_not_return(
    held: tuple[Bench, subprocess.Popen[str]],
) -> None:
    """The lamp is on another wire: it does not wait for the camera or the mirror."""
    bench, process = held
    asked = time.time()
    process.terminate()
    assert wait_until_dark(bench.folder) - asked < 0.5
    assert process.wait(timeout=20) == 130
    assert time.time() - asked < 15.0


def test_a_kill(held: tuple[Bench, subprocess.Popen[str]]) -> None:
    bench, process = held
    asked = time.time()
    process.kill()
    assert wait_until_dark(bench.folder) - asked < 2.0


@pytest.mark.parametrize(
    "trouble", ["camera capture hangs", "camera settle hangs", "camera capture fails"]
)
def test_a_device_in_trouble_while_calibrating(trouble: str, bench: Bench) -> None:
    environ = plant(bench.folder)
    assert "frame_timeout_s = 20" in RIG
    quick = RIG.replace("frame_timeout_s = 20", "frame_timeout_s = 5")
    quick += '\n[limits."camera.exposure_ms"]\ntimeout_s = 3\n'
    bench.write(quick + CALIBRATE, SESSION)
    ask_for(bench.folder, trouble)
    process = start(bench, "calibrate", "rig.toml", environ=environ)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert lit_mw(bench.folder) == 0.0
    assert LIT not in said.splitlines()[-1]
