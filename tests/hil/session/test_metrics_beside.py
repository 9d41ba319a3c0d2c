"""Metrics of a person's own beside information: recorded, asked for, gone by, or absent."""

from __future__ import annotations

import importlib.metadata
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hil
from hil.cli.main import run as hil_command
from hil.metrics import registry
from hil.ranking.field_values import field_values
from hil.report.files.export import export_optuna, export_parquet
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

RECORDED = RIG.replace("\n", '\nrecord = ["metrics.snr", "metrics.contrast"]\n', 1)


class Point:
    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.load = lambda: function


def away(frames: Any, noise: Any, settings: Any) -> np.ndarray:
    """How far the focus is from 0.2 um, a little different in every field."""
    distance = abs(float(settings["focus.z_um"]) - 0.2)
    return distance + 0.001 * np.arange(len(frames)) + 0 * float(frames[0, 0, 0, 0])


def some(frames: Any, noise: Any, settings: Any) -> dict[str, float]:
    """Fails for one half of the search space."""
    z = float(settings["focus.z_um"])
    if z < -0.4:
        raise RuntimeError("the [red] lamp\nis off")
    return {"z": z, "odd": math.nan if z > 0.4 else 1.0}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points, real = [Point("away", away), Point("some", some)], importlib.metadata.entry_points
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda **which: points if which.get("group") == registry.ENTRY_POINTS else real(**which),
    )


def bench(folder: Path, more: str) -> Bench:
    made = Bench(folder)
    made.write(RECORDED, SESSION + more)
    return made


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A session with metrics that change nothing."""
    tables = '[[metric]]\nkind = "{}"\n'
    made = bench(tmp_path_factory.mktemp("usual"), "".join(map(tables.format, ("snr", "contrast"))))
    made.run()
    return made


def test_they_agree_with_what_the_simulated_rig_knows(usual: Bench) -> None:
    with usual.database() as database:
        trials = database.trials("last")
    assert np.allclose(trials["metric.snr"], trials["metrics.snr"], rtol=0.12)
    truth, found = trials["metrics.contrast"], trials["metric.contrast"]
    assert np.allclose(found, truth, rtol=0.4) and np.corrcoef(found, truth)[0, 1] > 0.8


def test_they_change_no_estimate(usual: Bench, tmp_path: Path) -> None:
    plain = bench(tmp_path, "")
    plain.run(trials=3)
    with usual.database() as one, plain.database() as other:
        assert list(one.trials("last")["objective"])[:3] == list(other.trials("last")["objective"])


def test_they_are_asked_for_as_settings_are(usual: Bench, capsys: Any, tmp_path: Path) -> None:
    with usual.database() as database:
        values = database.trials("last")["metric.contrast"]
        middle = float(values.median())
        best = database.trials(
            "last", where=[f"metric.contrast > {middle}"], sort="-metric.contrast"
        )
        assert list(best["metric.contrast"]) == sorted(values[values > middle], reverse=True)
        (part,) = (one for one in database.trial_parts("last") if one.num_rows)
        assert part["metric.contrast"].to_pylist() == list(values)
        rows = database.sql(
            "SELECT value_num FROM setting WHERE name = 'metric.contrast' ORDER BY 1"
        )
        assert list(rows["value_num"]) == sorted(values)
        # what the devices read back is kept apart
        assert not any("metric.contrast" in known for known in database.trials("last")["settings"])
    assert hil_command(["trials", "--db", usual.url, "--sort=-metric.snr", "--limit", "2"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "metric.snr" in shown[0] and len(shown) == 3
    assert hil_command(["trials", "--db", usual.url, "--where", "metric.sn > 1"]) == 2
    assert "did you mean 'metric.snr'?" in capsys.readouterr().err


def test_other_programs_get_them(usual: Bench, tmp_path: Path) -> None:
    with usual.database() as database:
        export_parquet(database, "last", tmp_path)
        export_optuna(database, "last", f"sqlite:///{(tmp_path / 'optuna.db').as_posix()}")
        values = list(database.trials("last", sort="number")["metric.snr"])
    assert list(pd.read_parquet(tmp_path / "trials.parquet")["metric.snr"]) == values
    with sqlite3.connect(tmp_path / "optuna.db") as study:
        query = "SELECT value_json FROM trial_user_attributes WHERE key = 'metric.snr' ORDER BY trial_id"
        found = [float(value) for (value,) in study.execute(query)]
    study.close()
    assert found == pytest.approx(values)


def test_the_least_of_one_can_be_what_is_searched(tmp_path: Path) -> None:
    more = '[[metric]]\nkind = "away"\n[objective]\nmaximize = "-metric.away"\n'
    made = bench(tmp_path, more)
    result = made.run()
    with made.database() as database:
        trials, rows = database.trials("last"), database.rows("last")
    assert np.allclose(trials["objective"], -trials["metric.away"])
    assert result.best is not None
    nearest = trials.iloc[(trials["focus.z_um"] - 0.2).abs().argmin()]
    assert result.best.number == nearest["number"] and result.objective == "-metric.away"
    assert result.best.ci_low < result.best.objective < result.best.ci_high
    values = field_values(rows[0])
    assert np.mean(list(values.values())) == pytest.approx(rows[0].objectives[0])
    assert np.diff(list(values.values())) == pytest.approx([-0.001] * 3)


def test_a_bound_on_one_keeps_trials_from_winning(tmp_path: Path) -> None:
    more = '[[metric]]\nkind = "away"\n[constraints.metrics]\naway = { low = 0.3 }\n'
    made = bench(tmp_path, more)
    result = made.run()
    with made.database() as database:
        trials = database.trials("last")
    excess = [row["metric.away"] for row in trials["constraints"]]
    assert np.allclose(excess, 0.3 - trials["metric.away"])
    assert set(trials["state"]) == {"COMPLETE"} and min(excess) < 0 < max(excess)
    assert result.best is not None and excess[result.best.number] <= 0


def test_one_that_is_absent_fails_nothing_and_is_told(tmp_path: Path) -> None:
    made = bench(tmp_path, '[[metric]]\nkind = "some"\nname = "lab"\n')
    made.run()
    with made.database() as database:
        trials, events = database.trials("last"), database.events("last")
    z = trials["focus.z_um"]
    assert (z < -0.4).any() and (z > 0.4).any(), "else the test tests nothing"
    assert set(trials["state"]) == {"COMPLETE"}
    assert list(trials["metric.lab.z"].isna()) == list(z < -0.4)
    assert list(trials["metric.lab.odd"].isna()) == list((z < -0.4) | (z > 0.4))
    absent = events[events["kind"] == "metric_absent"]
    assert set(absent["severity"]) == {"warning"}
    told = {said["trial"]: said["metrics"] for said in absent["detail"]}
    assert told == {
        int(number): {"lab": "RuntimeError: the [red] lamp is off"}
        if at < -0.4
        else {"lab.odd": "gave nan"}
        for number, at in zip(trials["number"], z, strict=True)
        if abs(at) > 0.4
    }


@pytest.mark.parametrize(
    "goes_by",
    ['[objective]\nmaximize = "metric.lab.z"\n', '[constraints.metrics]\n"lab.z" = { low = 0 }\n'],
)
def test_a_trial_without_what_the_session_goes_by_fails_by_name(
    tmp_path: Path, goes_by: str
) -> None:
    table = '[[metric]]\nkind = "some"\nname = "lab"\n'
    made = bench(tmp_path, f"{table}{goes_by}[stop]\nfailures_in_a_row = 9\n")
    result = made.run()
    with made.database() as database:
        trials = database.trials("last")
    gone = trials["focus.z_um"] < -0.4
    assert gone.any() and list(trials["state"] == "FAILED") == list(gone)
    why = "metric.lab.z is absent: RuntimeError: the [red] lamp is off"
    assert set(trials["reason"][gone]) == {why}
    assert result.best is not None and not gone[result.best.number]


def test_a_part_that_its_function_does_not_give_is_named(tmp_path: Path) -> None:
    table = '[[metric]]\nkind = "some"\n[objective]\nmaximize = "metric.some.zz"\n'
    made = bench(tmp_path, table)
    made.run(trials=1)
    with made.database() as database:
        reasons = list(database.trials("last")["reason"])
    assert reasons[0].startswith("metric.some.zz is absent: ")


def test_a_session_goes_on_with_its_metrics(usual: Bench) -> None:
    usual.resume(trials=7)
    with usual.database() as database:
        assert database.trials("last")["metric.snr"].notna().all()


def test_one_that_there_is_none_of_is_refused_before_anything_moves(tmp_path: Path) -> None:
    made = bench(tmp_path, '[[metric]]\nkind = "brennner"\n')
    with pytest.raises(hil.InputError, match=r"metric\.0\.kind: 'brennner', did you mean"):
        made.run()
    assert hil_command(["run", str(tmp_path / "session.toml"), "--db", made.url]) == 2
    assert hil_command(["check", str(tmp_path / "session.toml"), "--db", made.url]) == 2
    assert not (tmp_path / "hil.db").exists()
