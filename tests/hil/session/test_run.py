"""Whole sessions on the simulated microscope, from their files to what they leave behind."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import hil
from hil.errors import InputError
from tests.hil.session_bench import Bench
from tests.hil.small_session import BY_DEFAULT, RIG, SESSION


def test_a_session_runs_records_and_parks(bench: Bench) -> None:
    result = bench.run(tags=["night"], note="first light")
    assert (result.state, result.n_trials, result.n_complete) == ("COMPLETE", 6, 6)
    assert result.best is not None
    with bench.database() as database:
        trials = database.trials("last", sort="number")
        assert list(trials["state"]) == ["COMPLETE"] * 6
        assert trials["objective"].max() == pytest.approx(result.best.objective)
        assert list(trials["n_frames"]) == [8] * 6
        assert (trials["mirror.z5_nm"].iloc[0], trials["focus.z_um"].iloc[0]) == (0.0, 0.0)
        assert database.frames("last", 0).shape == (4, 2, 64, 64)
        assert database.verify("last") == []
        record = database.session("last")
        assert record.rig_text == RIG
        assert record.session_text == SESSION
        assert (record.tags, record.note) == (("night",), "first light")
        assert record.versions["optuna"].startswith("5")
        assert {"setup", "park"} == set(database.events("last")["kind"])
        assert database.sql("select count(*) as n from lease")["n"][0] == 0


def test_everybody_can_estimate_again_and_gets_the_same_number(bench: Bench) -> None:
    bench.write(RIG, BY_DEFAULT)
    bench.run(trials=1)
    with bench.database() as database:
        frames = database.frames("last", 0)
        stored = database.trials("last")["objective"][0]
    noise = hil.noise.CameraNoise(0.5, 100, 1.6, 16)
    again = hil.estimate_information(frames, noise, seed=4)
    assert again.bits_per_pixel == pytest.approx(stored, abs=1e-9)


def test_the_same_seed_gives_the_same_session(tmp_path: Path) -> None:
    values = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name)
        bench.run(trials=3)
        with bench.database() as database:
            values.append(list(database.trials("last", sort="number")["objective"]))
    assert values[0] == values[1]


def test_more_trials_can_be_asked_for_later(bench: Bench) -> None:
    bench.run(trials=2)
    assert bench.resume(trials=4).n_complete == 4


class Wrong(NamedTuple):
    name: str
    old: str
    new: str
    key: str
    says: str


WRONG = [
    Wrong("no such setting", "mirror.z5_nm", "mirror.z55_nm", "search.0.setting", "'mirror.z5_nm'"),
    Wrong("beyond the device", "high = 100", "high = 400", "search.0.high", "from -300 to 300"),
    Wrong("a grid out of reach", "step_um = 10", "step_um = 1000", "measure.grid", "out of reach"),
    Wrong("no such estimator", "[measure]", "[estimator]\nkind = 'stat'\n[measure]", "estimator.kind", "stationary"),
    Wrong("light unbounded", "focus.z_um", "light.power_mw", "search.1.setting", "more light"),
    Wrong("fixed out of range", "[measure]", "[fixed]\n'light.power_mw' = 99\n[measure]", 'fixed."light.power_mw"', "10"),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_wrong_sessions_write_nothing(case: Wrong, bench: Bench) -> None:
    assert case.old in BY_DEFAULT
    bench.write(RIG, BY_DEFAULT.replace(case.old, case.new, 1))
    with pytest.raises(InputError) as caught:
        bench.run()
    assert caught.value.key == case.key
    assert case.says in caught.value.problem
    assert sorted(path.name for path in bench.folder.iterdir()) == ["rig.toml", "session.toml"]


RIG_WRONG = [
    Wrong("no such driver", "sim.microscope", "sim.mikroscope", "driver.0.kind", "'sim.microscope'"),
    Wrong("no such option", "seed = 1", "sed = 1", "driver.0.sed", "unknown key"),
    Wrong("no such camera", 'camera = "camera"', 'camera = "cam"', "camera", "'camera'"),
    Wrong("no such parked setting", "light.power_mw\" = 0", "lamp.power_mw\" = 0", 'park.0.set."lamp.power_mw"', "'light.power_mw'"),
    Wrong("setup out of range", "power_mw\" = 1.0", "power_mw\" = 99.0", "setup", "from 0 to 10"),
]  # fmt: skip


@pytest.mark.parametrize("case", RIG_WRONG, ids=lambda case: case.name)
def test_wrong_rigs_write_nothing(case: Wrong, bench: Bench) -> None:
    assert case.old in RIG
    bench.write(RIG.replace(case.old, case.new, 1), SESSION)
    with pytest.raises(InputError) as caught:
        bench.run()
    assert caught.value.key == case.key
    assert case.says in caught.value.problem
    assert sorted(path.name for path in bench.folder.iterdir()) == ["rig.toml", "session.toml"]


def test_frames_are_the_raw_integers(bench: Bench) -> None:
    bench.run(trials=1)
    with bench.database() as database:
        frames = database.frames("last", 0)
    assert frames.dtype == np.uint16
    assert 90 < np.median(frames) < 400


def test_a_session_goes_on_with_the_estimator_that_it_began_with(bench: Bench) -> None:
    """Its file names none, and the default was another when it was begun."""
    import sqlite3
    from contextlib import closing

    bench.write(RIG, BY_DEFAULT)
    bench.run(trials=1)
    file = bench.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update session set estimator = 'stationary'")
    hil.resume_session("last", bench.url, trials=2)
    with bench.database() as database:
        found = database.estimates("last").sort_values("number")
    assert list(found["estimator"]) == ["predictive", "stationary"]
