"""A session that is gone on with keeps to the rig file that lies here, where that is the stricter."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from hil.errors import HilError, InputError
from hil.session.apply import apply_trial
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

TIGHT = '\n[limits."mirror.z5_nm"]\nlow = -20\nhigh = 20\n'


def edit(bench: Bench, rig: str) -> None:
    (bench.folder / "rig.toml").write_text(rig, encoding="utf-8")


def test_a_session_beyond_limits_that_were_tightened_since_is_refused(bench: Bench) -> None:
    bench.run(trials=1)
    edit(bench, RIG + TIGHT)
    before = len(bench.events())
    with pytest.raises(InputError, match=r'"?search.0.low"?: mirror.z5_nm = -100 is below'):
        bench.resume(trials=3)
    assert len(bench.events()) == before


def test_limits_across_settings_that_were_added_since_hold_in_every_trial(bench: Bench) -> None:
    bench.run(trials=1)
    rule = '\n[[limits_together]]\nsettings = ["mirror.z5_nm", "mirror.z6_nm"]\nrule = "sum_abs"\n'
    edit(bench, f"{RIG}{rule}high = 30\n")
    said: list[str] = []
    bench.resume(trials=6, say=said.append)
    assert said == ["rig.toml: limits_together: differs; what either says holds"]
    kinds, details = bench.details()
    assert details[kinds.index("rig_file_differs")]["lines"] == said
    with bench.database() as database:
        rows = database.trials("last", sort="number").iloc[1:]
    assert list(rows["state"]) == ["COMPLETE"] * 5
    assert max(abs(rows["mirror.z5_nm"])) < 30 + 1e-6


def test_limits_that_were_loosened_since_hold_as_they_were(bench: Bench) -> None:
    bench.write(RIG + TIGHT, SESSION.replace("low = -100\nhigh = 100", "low = -10\nhigh = 10"))
    bench.run(trials=2)
    edit(bench, RIG)
    with bench.database() as database, database._writing() as connection:
        connection.exec_driver_sql(
            "UPDATE trial SET requested = '{\"mirror.z5_nm\": 50.0}' WHERE number = 1"
        )
    with pytest.raises(HilError, match="above the rig's limit 20"):
        apply_trial("last", 1, None, bench.url, None)


def test_apply_keeps_to_limits_that_were_tightened_since(bench: Bench) -> None:
    bench.run(trials=2)
    narrow = SESSION.replace("low = -100\nhigh = 100", "low = -1\nhigh = 1")
    with closing(sqlite3.connect(bench.folder / "hil.db")) as connection:
        connection.execute("UPDATE session SET session_text = ?", (narrow,))
        connection.execute("UPDATE trial SET requested = '{\"mirror.z5_nm\": 50.0}'")
        connection.commit()
    edit(bench, RIG + TIGHT)
    said: list[str] = []
    with pytest.raises(HilError, match="above the rig's limit 20"):
        apply_trial("last", 1, None, bench.url, None, say=said.append)
    assert len(said) == 2
    assert "high: 20 now, nothing stored with the session; 20 holds" in said[1]


def test_a_rig_file_that_is_wrong_now_is_said(bench: Bench) -> None:
    bench.run(trials=1)
    edit(bench, RIG.replace('camera = "camera"', 'camera = "camera'))
    with pytest.raises(InputError, match=r"rig\.toml: not TOML"):
        bench.resume(trials=2)


OTHERS = [
    RIG.replace('kind = "sim.microscope"', 'kind = "sim.lensless"'),
    RIG.replace('kind = "sim.microscope"\n', 'kind = "sim.microscope"\nscene = "elsewhere.tif"\n'),
    RIG.replace("small scope", "other scope"),
]


@pytest.mark.parametrize("other", OTHERS, ids=["kind", "file", "name"])
def test_a_file_that_names_other_devices_is_refused_and_said_in_one_line(
    bench: Bench, other: str
) -> None:
    bench.run(trials=1)
    edit(bench, other)
    for again in (
        lambda: bench.resume(trials=2),
        lambda: apply_trial("last", 0, None, bench.url, None),
    ):
        with pytest.raises(InputError, match=r"stored with the session.*--rig RIG.toml. chooses"):
            again()


def test_a_database_does_not_choose_what_is_opened(bench: Bench) -> None:
    """Its rig text names another kind of driver, and another file that is not there."""
    bench.run(trials=1)
    doctored = RIG.replace('kind = "sim.microscope"', 'kind = "micromanager"\nadapters = "/tmp"')
    with closing(sqlite3.connect(bench.folder / "hil.db")) as connection:
        connection.execute("UPDATE rig SET text = ?", (doctored,))
        connection.commit()
    with pytest.raises(
        InputError, match=r"driver.0.kind: 'sim.microscope' now, 'micromanager' stored"
    ):
        bench.resume(trials=2)
    (bench.folder / "rig.toml").unlink()
    with pytest.raises(InputError, match="no longer there"):
        bench.resume(trials=2)


def test_a_person_may_agree_or_choose_a_file(bench: Bench) -> None:
    bench.run(trials=1)
    edit(bench, RIG.replace("small scope", "renamed scope"))
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    bench.resume(trials=2, confirm=agree)
    assert len(asked) == 1
    assert "'renamed scope' now, 'small scope' stored" in asked[0]
    (bench.folder / "rig.toml").rename(bench.folder / "elsewhere.toml")
    bench.resume(trials=3, rig=bench.folder / "elsewhere.toml")
    bench.resume(trials=4, confirm=agree)
    assert "gone" in asked[1]
    assert bench.states() == ["COMPLETE"] * 4


def test_the_command_line_says_the_lines_and_refuses_without_a_terminal(bench: Bench) -> None:
    bench.run(trials=1)

    def resume(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "hil.cli",
                "resume",
                "last",
                "--trials",
                "2",
                "--db",
                bench.url,
                *more,
            ],
            cwd=bench.folder,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    edit(bench, RIG.replace('kind = "sim.microscope"', 'kind = "sim.lensless"'))
    refused = resume()
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    edit(bench, RIG + '\n[limits."focus.z_um"]\nhigh = 8\n')
    done = resume()
    assert done.returncode == 0, done.stderr
    assert (
        'rig.toml: limits."focus.z_um".high: 8 now, nothing stored with the session; 8 holds'
        in done.stderr
    )
