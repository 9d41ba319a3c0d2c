"""``hil apply``: to a trial's settings, and dark where that does not succeed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hil.errors import InputError, SafetyError
from hil.rig.read_back import OutsideLimit, ReadBackError
from hil.session.apply import apply_trial
from tests.hil.session_bench import Bench, wait_for
from tests.hil.small_session import RIG, SESSION

NEVER_THERE = """
import sys
import time

import hil.rig.rig
from hil.session.apply import apply_trial


def never(rig, values):
    print("moving", flush=True)
    time.sleep(600)


hil.rig.rig.Rig.apply = never
apply_trial("last", 0, None, sys.argv[1], None)
"""


def test_the_rig_goes_to_the_trials_settings_and_stays(bench: Bench) -> None:
    bench.run(trials=2)
    with bench.database() as database:
        requested = database.rows("last")[1].requested
    assert apply_trial("last", 1, None, bench.url, None) == pytest.approx(dict(requested))
    assert bench.events() == ["setup", "park", "move"]
    with pytest.raises(InputError, match="allowed: 0 to 1"):
        apply_trial("last", 2, None, bench.url, None)


def test_a_move_that_is_refused_ends_in_a_park(bench: Bench) -> None:
    bench.run(trials=2)
    stricter = bench.folder / "stricter.toml"
    together = 'settings = ["mirror.z5_nm", "mirror.z6_nm"]\nrule = "sum_abs"\nhigh = 0.001\n'
    stricter.write_text(f"{RIG}\n[[limits_together]]\n{together}")
    with pytest.raises(SafetyError):
        apply_trial("last", 1, stricter, bench.url, None)
    assert bench.events() == ["setup", "park", "move", "park"]


LYING = """
[[driver]]
kind = "faulty"
around = {{ kind = "sim.microscope", seed = 1, height_px = 64, width_px = 64, scene_um = 60 }}
[[driver.fault]]
fault = "read_off"
setting = "mirror.z5_nm"
amount = {amount}
rate = 1.0
[limits."mirror.z5_nm"]
low = -100
high = 100
timeout_s = 1
"""


@pytest.mark.parametrize(("amount", "error"), [(0.5, ReadBackError), (250, OutsideLimit)])
def test_what_reads_back_otherwise_ends_in_a_park(
    bench: Bench, amount: float, error: type[Exception]
) -> None:
    bench.run(trials=1)
    lying = bench.folder / "lying.toml"
    head, tail = RIG.split("[[driver]]")[0], "[noise]" + RIG.split("[noise]")[1]
    lying.write_text(head + LYING.format(amount=amount) + tail, encoding="utf-8")
    with pytest.raises(error, match=r"mirror\.z5_nm"):
        apply_trial("last", 0, lying, bench.url, None)
    assert bench.events() == ["setup", "park", "move", "park"]


def test_who_dies_in_mid_move_is_parked_by_a_guardian(bench: Bench) -> None:
    bench.run(trials=1)
    (bench.folder / "never.py").write_text(NEVER_THERE, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "never.py", bench.url], cwd=bench.folder, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"moving"
    process.kill()
    process.communicate()

    def parked() -> bool:
        with bench.database() as database:
            return "guardian_park" in list(database.events()["kind"])

    wait_for(parked)
    with bench.database() as database:
        assert database.session("last").state == "COMPLETE", "it ended long before"


def test_a_rig_file_that_moved_or_is_gone_moves_nothing_by_itself(bench: Bench) -> None:
    matrix = '\n[[limits_matrix]]\nsettings = ["mirror.z5_nm", "mirror.z6_nm"]\n'
    bench.write(RIG + matrix + 'matrix = "b.npy"\nmax = 500\n', SESSION)
    np.save(bench.folder / "b.npy", np.eye(2))
    best = bench.run(trials=2).best
    assert best is not None
    moved = bench.folder / "elsewhere" / "rig.toml"
    moved.parent.mkdir()
    (bench.folder / "rig.toml").rename(moved)
    with pytest.raises(InputError, match=r"rig\.toml: the session's rig file is no longer there"):
        apply_trial("last", None, None, bench.url, None)
    with pytest.raises(InputError, match=r"b\.npy"):  # which lies beside it
        apply_trial("last", None, moved, bench.url, None)
    (bench.folder / "b.npy").rename(moved.parent / "b.npy")
    with pytest.raises(InputError, match=r"b\.npy"):
        apply_trial("last", None, None, bench.url, None, confirm=lambda question: True)
    assert "move" not in bench.events()
    read = apply_trial("last", None, moved, bench.url, None)
    with bench.database() as database:
        wanted = database.rows("last")[best.number].requested
    assert read["mirror.z5_nm"] == pytest.approx(wanted["mirror.z5_nm"])
