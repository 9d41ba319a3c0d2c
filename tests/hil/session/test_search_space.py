"""What a session may move, and within which bounds, from end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hil
from hil.records.trial import TrialState
from tests.hil.session_bench import Bench, url
from tests.hil.session_bench import run_files as run
from tests.hil.small_session import RIG, SESSION


def test_limits_across_settings_hold_in_every_trial(bench: Bench) -> None:
    rig = RIG.replace(
        "[[park]]",
        '[[limits_together]]\nsettings = ["mirror.z5_nm", "mirror.z6_nm"]\nrule = "sum_abs"\n'
        "high = 60\n\n[[park]]",
    )
    session = SESSION.replace("focus.z_um", "mirror.z6_nm").replace("trials = 6", "trials = 12")
    bench.write(
        rig, session.replace("low = -1\n", "low = -50\n").replace("high = 1\n", "high = 50\n")
    )
    bench.run()
    with bench.database() as database:
        rows = database.rows("last")
    strokes = [sum(abs(float(value)) for value in row.requested.values()) for row in rows]
    assert max(strokes) <= 60 + 1e-6
    assert sum(stroke > 59.9 for stroke in strokes) > 3
    assert all(row.state is TrialState.COMPLETE for row in rows)


def test_a_matrix_from_a_file_holds_in_every_trial(bench: Bench) -> None:
    matrix, flat = np.array([[1.0, 0.7], [-0.4, 1.0], [0.2, -1.0]]), np.array([5.0, -5.0, 10.0])
    np.save(bench.folder / "influence.npy", matrix)
    np.save(bench.folder / "flat.npy", flat)
    names = ["mirror.z5_nm", "mirror.z6_nm"]
    table = '[[limits_matrix]]\nmatrix = "influence.npy"\nflat = "flat.npy"\nmax = 45\n'
    rig = RIG.replace("[[park]]", f"{table}settings = {names}\n\n[[park]]")
    session = SESSION.replace("focus.z_um", "mirror.z6_nm").replace("trials = 6", "trials = 12")
    session = session.replace("low = -1\n", "low = -50\n").replace("high = 1\n", "high = 50\n")
    bench.write(rig, session)
    bench.run()
    with bench.database() as database:
        rows = database.rows("last")
    modes = np.array([[float(row.requested[name]) for name in names] for row in rows])
    stroke = np.abs(modes @ matrix.T + flat).max(axis=1)
    assert stroke.max() <= 45 + 1e-6
    assert (stroke > 44.9).sum() > 3, "pulled to the edge, and no further"
    assert all(row.state is TrialState.COMPLETE for row in rows)


def test_ranges_whose_least_values_a_limit_excludes_are_searched(bench: Bench) -> None:
    limit = '[[limits_together]]\nsettings = ["mirror.z5_nm", "mirror.z6_nm"]\nrule = "sum"\n'
    rig = RIG.replace("[[park]]", f"{limit}low = 20\nhigh = 60\n\n[[park]]")
    rig = rig.replace("[setup]\n", '[setup]\n"mirror.z6_nm" = 30\n')
    session = SESSION.replace("focus.z_um", "mirror.z6_nm").replace("trials = 6", "trials = 8")
    bench.write(
        rig, session.replace("low = -1\n", "low = -50\n").replace("high = 1\n", "high = 50\n")
    )
    bench.run()
    with bench.database() as database:
        rows = database.rows("last")
    sums = [sum(float(value) for value in row.requested.values()) for row in rows]
    assert 20 - 1e-6 <= min(sums) <= max(sums) <= 60 + 1e-6
    assert len({round(one, 6) for one in sums}) > 2
    assert all(row.state is TrialState.COMPLETE for row in rows), [row.reason for row in rows]


def test_exposure_within_its_budget(bench: Bench) -> None:
    session = SESSION.replace("focus.z_um", "camera.exposure_ms").replace("low = -1\n", "low = 1\n")
    session = (
        session.replace("high = 1\n", "high = 100\n") + "\n[constraints]\nmax_exposure_s = 0.16\n"
    )
    bench.write(RIG, session)
    bench.run()
    with bench.database() as database:
        assert database.trials("last")["camera.exposure_ms"].max() <= 20 + 1e-9


def test_dose_counts_the_light_that_the_rig_sets_up(bench: Bench) -> None:
    session = SESSION.replace("focus.z_um", "camera.exposure_ms").replace("low = -1\n", "low = 1\n")
    session = session.replace("high = 1\n", "high = 100\n") + "\n[constraints]\nmax_dose_mj = 0.4\n"
    bench.write(RIG.replace('power_mw" = 1.0', 'power_mw" = 2.5'), session)
    bench.run()
    with bench.database() as database:
        exposures = list(database.trials("last", sort="number")["camera.exposure_ms"])
        excess = [row.constraints["dose_mj"] for row in database.rows("last")]
    assert max(exposures) == pytest.approx(20), "8 frames, 2.5 mW, 0.4 mJ"
    for exposure_ms, above_mj in zip(exposures, excess, strict=True):
        assert above_mj == pytest.approx(8 * exposure_ms / 1000 * 2.5 - 0.4, abs=1e-9)


def test_a_search_over_power_ends_below_saturation(tmp_path: Path) -> None:
    rig = RIG.replace("seed = 1", "seed = 1\nbit_depth = 8\ngain_e_per_adu = 2.0")
    rig = rig.replace("gain_e_per_adu = 0.5\n", "gain_e_per_adu = 2.0\nbit_depth = 8\n")
    session = SESSION.replace("trials = 6", "trials = 24").replace("focus.z_um", "light.power_mw")
    session = session.replace("low = -1\nhigh = 1\n", "low = 0.1\nhigh = 10\nlog = true\n")
    session += "\n[constraints]\nmax_saturated_share = 0.002\n"
    result = run(tmp_path, rig, session)
    assert result.best is not None
    with hil.open_database(url(tmp_path)) as database:
        trials = database.trials("last", sort="number")
        details = list(database.estimates("last")["details"])
    shares = [detail["saturated_share"] for detail in details]
    assert max(shares) > 0.05, "the search does reach saturation"
    assert shares[result.best.number] <= 0.002
    assert trials["light.power_mw"][result.best.number] < trials["light.power_mw"].max()
