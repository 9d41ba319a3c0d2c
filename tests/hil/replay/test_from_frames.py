from __future__ import annotations

import shutil
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

import hil
from hil.errors import InputError
from hil.information.registry import estimator_names
from hil.replay.comparison import compare
from hil.replay.from_frames import Changes, replay_frames
from hil.replay.on_rig import replay_on
from hil.replay.recorded_trials import REPLAY_OF
from hil.store import Database
from tests.hil.replay.recorded_sessions import copied, session_named
from tests.hil.small_session import BY_DEFAULT, RIG, SESSION


@pytest.fixture
def url(tmp_path: Path) -> str:
    return copied(tmp_path)


def recorded_here(folder: Path) -> tuple[str, str]:
    """Record a small session on this processor: give its database and its id."""
    url = f"sqlite:///{(folder / 'here.db').as_posix()}"
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    (folder / "session.toml").write_text(SESSION, encoding="utf-8")
    return url, hil.run_session(folder / "session.toml", url).session_id


def test_the_same_estimator_gives_the_same_numbers_through_the_same_loop(tmp_path: Path) -> None:
    url, session = recorded_here(tmp_path)
    result = replay_frames(session, url)
    with hil.open_database(url) as database:
        found = compare(database, session, result.session_id)
        rows = database.rows(result.session_id)
        assert max(pair.moved_bits for pair in found.pairs) <= 1e-9
        assert [pair.before for pair in found.pairs] == pytest.approx(
            [pair.after for pair in found.pairs], abs=1e-9
        )
        assert found.winner == found.winner_now is not None
        assert [row.sampler_attrs[REPLAY_OF] for row in rows] == list(range(6))
        assert database.session(result.session_id).extra["replay_of"] == session
        table = database.trials(result.session_id, where=["replay.trial = 3"])
        old = database.trials(session, where=["number = 3"])
        assert table["focus.z_um"].iloc[0] == old["focus.z_um"].iloc[0]
        assert table["device_s"].iloc[0] == pytest.approx(old["device_s"].iloc[0])


def test_what_another_processor_recorded_moves_by_rounding_alone(url: str) -> None:
    """Their rounding differs, by 5e-9 bits on two that were tried; `--check` allows 1e-6."""
    session = session_named(url, "regression")
    result = replay_frames(session, url)
    with hil.open_database(url) as database:
        found = compare(database, session, result.session_id)
    assert max(pair.moved_bits for pair in found.pairs) <= 1e-6
    assert found.winner == found.winner_now is not None


def test_only_a_replay_does_not_wait_for_the_disk(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[str] = []
    real = Database.unsynced

    def noted(self: Database) -> AbstractContextManager[None]:
        entered.append(self.url)
        return real(self)

    monkeypatch.setattr(Database, "unsynced", noted)
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    told = SESSION.replace("trials = 6", "trials = 1")
    (tmp_path / "session.toml").write_text(told, encoding="utf-8")
    hil.run_session(tmp_path / "session.toml", url)
    replay_on("last", tmp_path / "rig.toml", url)
    assert entered == []
    replay_frames(session_named(url, "regression"), url, changes=Changes(estimator="stationary"))
    assert len(entered) == 1


def test_time_counts_as_it_passed_then(url: str) -> None:
    session = session_named(url, "regression")
    with hil.open_database(url) as database:
        took = list(database.trials(session)["device_s"])
    changes = Changes(estimator="stationary", objective="bits_per_second")
    result = replay_frames(session, url, changes=changes)
    with hil.open_database(url) as database:
        bits = list(database.estimates(result.session_id)["bits_per_pixel"])
        rates = list(database.trials(result.session_id)["objective"])
    pixels, frames = 64 * 64, 8
    wanted = np.array(bits) * pixels * frames / np.array(took)
    assert rates == pytest.approx(list(wanted), rel=1e-9)


def test_another_estimator_is_beside_it(url: str) -> None:
    session = session_named(url, "regression")
    result = replay_frames(session, url, changes=Changes(estimator="gaussian", patch_size=8))
    with hil.open_database(url) as database:
        found = compare(database, session, result.session_id)
        assert database.session(result.session_id).estimator == "gaussian"
    assert len(found.moved(1e-6)) == 6
    assert -1 <= found.rank_correlation <= 1


def test_trials_that_were_not_measured_are_left_out_and_the_others_point_back(url: str) -> None:
    session = session_named(url, "regression")
    execute(url, "UPDATE trial SET state = 'ABORTED' WHERE number = 2 AND objective IS NOT NULL")
    result = replay_frames(session, url, changes=Changes(estimator="gaussian"))
    with hil.open_database(url) as database:
        rows = database.rows(result.session_id)
    assert [row.sampler_attrs[REPLAY_OF] for row in rows] == [0, 1, 3, 4, 5]


def test_frames_that_are_damaged_fail_their_trial_alone(url: str, tmp_path: Path) -> None:
    session = session_named(url, "regression")
    (tmp_path / "hil-frames" / session / "000002" / "c.1.0.0.0").write_bytes(b"no blosc")
    result = replay_frames(session, url, changes=Changes(estimator="gaussian"))
    with hil.open_database(url) as database:
        table = database.trials(result.session_id)
        assert list(table["state"] == "FAILED") == [False, False, True, False, False, False]
        assert "000002" in table["reason"][2]
        moved = compare(database, session, result.session_id).moved(1e9)
    assert [pair.original for pair in moved] == [2]


WRONG = [
    (Changes(estimator="nope"), "estimator.kind: 'nope'"),
    (Changes(patch_size=0), "estimator.patch_size: 0"),
    (Changes(objective="nope"), "objective.maximize: 'nope'"),
    (Changes(noise="nope"), "--noise: no noise model 'nope'"),
    (Changes(calibration="x"), "--calibration: x: not a calibration"),
    (Changes(calibration="abcd"), "noise.calibration: 'abcd': there is no calibration"),
]


@pytest.mark.parametrize(("changes", "told"), WRONG)
def test_what_is_wrong_is_said_and_nothing_written(url: str, changes: Changes, told: str) -> None:
    session = session_named(url, "regression")
    with pytest.raises(InputError, match=told):
        replay_frames(session, url, changes=changes)
    with hil.open_database(url) as database:
        assert len(database.sessions()) == 2


def test_a_replay_is_not_replayed_but_its_original(url: str) -> None:
    session = session_named(url, "regression")
    again = replay_frames(session, url, changes=Changes(estimator="gaussian"))
    with pytest.raises(InputError, match=f"replay of .*|frames are those of session {session[:8]}"):
        replay_frames(again.session_id, url)


def execute(url: str, sql: str) -> None:
    database = sqlite3.connect(url.removeprefix("sqlite:///"))
    with database:
        database.execute(sql)
    database.close()


SMALL = RIG.replace("height_px = 64\nwidth_px = 64", "height_px = 24\nwidth_px = 24")


# Those with a network take a minute: benchmarks/replay.py has them too.
QUICK = [name for name in estimator_names() if "pixelcnn" not in name]


@pytest.mark.parametrize("estimator", QUICK)
def test_every_estimator_gives_the_same_numbers(tmp_path: Path, estimator: str) -> None:
    (tmp_path / "rig.toml").write_text(SMALL, encoding="utf-8")
    told = f'\n[estimator]\nkind = "{estimator}"\npatch_size = 4\n'
    session = tmp_path / "session.toml"
    session.write_text(BY_DEFAULT.replace("trials = 6", "trials = 1") + told, encoding="utf-8")
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    recorded = hil.run_session(session, url)
    assert recorded.n_complete == 1, recorded.happened
    assert_same(url, recorded.session_id)


def assert_same(url: str, session: str) -> None:
    again = replay_frames(session, url)
    with hil.open_database(url) as database:
        found = compare(database, session, again.session_id)
    assert found.pairs and not found.moved(1e-9)
    assert [pair.before for pair in found.pairs] == pytest.approx(
        [pair.after for pair in found.pairs], abs=1e-9
    )


EXAMPLES = Path(__file__).parents[3] / "examples"
RIGS = ("hyperspectral", "ledarray", "lensless", "microscope", "satellite", "tomography")


@pytest.mark.parametrize("rig", RIGS)
def test_every_simulated_rig_gives_the_same_numbers(tmp_path: Path, rig: str) -> None:
    for name in ("rig.toml", "session.toml"):
        text = (EXAMPLES / rig / name).read_text(encoding="utf-8")
        text = text.replace('keep_frames = "first"', 'keep_frames = "all"')
        (tmp_path / name).write_text(text, encoding="utf-8")
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    recorded = hil.run_session(tmp_path / "session.toml", url, trials=1)
    assert recorded.n_complete == 1
    assert_same(url, recorded.session_id)


NOT_WHOLE = [
    ("UPDATE session SET state = 'RUNNING'", "it still runs"),
    ("UPDATE session SET state = 'PAUSED'", "it still runs"),
    ("UPDATE acquisition SET path = NULL", "its frames were not kept; its settings can be"),
    ("UPDATE acquisition SET n_frames = 2 * n_frames", "only the first frame of each field"),
    ("DELETE FROM acquisition", "it has no frames"),
]


@pytest.mark.parametrize(("sql", "told"), NOT_WHOLE)
def test_frames_that_are_not_all_there_are_refused(url: str, sql: str, told: str) -> None:
    session = session_named(url, "regression")
    execute(url, sql)
    with pytest.raises(InputError, match=told):
        replay_frames(session, url)
    with hil.open_database(url) as database:
        assert len(database.sessions()) == 2


def test_frames_whose_folder_is_gone_fail_trial_by_trial(url: str, tmp_path: Path) -> None:
    session = session_named(url, "regression")
    shutil.rmtree(tmp_path / "hil-frames" / session / "000004")
    result = replay_frames(session, url, changes=Changes(estimator="gaussian"))
    assert result.n_complete == 5
    with hil.open_database(url) as database:
        assert "000004" in database.trials(result.session_id)["reason"][4]
