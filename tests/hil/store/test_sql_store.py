"""The controller's side: what is committed when, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import StoreError
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialRow, TrialState
from hil.store import Database, SqlStore


def test_a_complete_trial_has_everything(db: Database, run: Any, session_id: str) -> None:
    run.complete(bits=1.25, **{"mirror.z5_nm": -3.5, "Emission.Label": "FITC"})
    row = db.trials(session_id).iloc[0]
    assert (row["state"], row["objective"], row["n_frames"]) == ("COMPLETE", 1.25, 6)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(1.15), pytest.approx(1.35))
    assert (row["mirror.z5_nm"], row["Emission.Label"]) == (-3.5, "FITC")
    assert row["device_s"] == 0.5
    assert row["total_s"] == (row["finished_at"] - row["proposed_at"]).total_seconds()
    estimate = db.estimates(session_id).iloc[0]
    assert estimate["per_field_bits"] == [1.25, 1.35, 1.15]


def test_proposed_is_committed_before_propose_returns(
    db: Database, run: Any, session_id: str
) -> None:
    trial = run.propose()
    assert [row.state for row in db.rows(session_id)] == [TrialState.PROPOSED]
    assert db.rows(session_id)[0].requested == trial.requested


def test_ask_sees_every_row_up_to_date_and_the_study_attributes(store: SqlStore, run: Any) -> None:
    run.complete(bits=2.0)
    run.failed("stage did not settle")
    left_open = run.propose()
    seen: list[tuple[Sequence[TrialRow], dict[str, Any], int]] = []

    def ask(rows: Sequence[TrialRow], attrs: Any, number: int) -> Proposal:
        seen.append((rows, dict(attrs), number))
        return Proposal("search", {"a.b": 1.0}, sampler_attrs={"k": [1, 2]}, study_attrs={"s": 1})

    store.propose(ask)
    store.finish(left_open, TrialState.ABORTED, run.clock.now())
    store.propose(ask)
    (rows, attrs, number), (later, later_attrs, _) = seen
    assert [row.state for row in rows] == ["COMPLETE", "FAILED", "PROPOSED"]
    assert rows[0].objectives == (2.0,)
    assert rows[0].constraints == {"saturated_share": -0.001}
    assert (attrs, number) == ({}, 3)
    assert [row.state for row in later] == ["COMPLETE", "FAILED", "ABORTED", "PROPOSED"]
    assert later[3].sampler_attrs == {"k": [1, 2]}
    assert later_attrs == {"s": 1}


def test_an_error_while_asking_leaves_no_trial(
    db: Database, store: SqlStore, session_id: str
) -> None:
    def ask(*_: object) -> Proposal:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.propose(ask)
    assert db.rows(session_id) == []


def test_captured_needs_frames(store: SqlStore, run: Any) -> None:
    with pytest.raises(StoreError, match="has no frames"):
        store.captured(run.propose(), run.clock.now(), 0.1)


def test_a_trial_that_fails_early_keeps_its_frames_and_settings(
    db: Database, store: SqlStore, run: Any, session_id: str, make_pixels: Any
) -> None:
    trial = run.propose(**{"Z.position_um": 4.0})
    store.applied(trial, run.clock.now(), {"Z.position_um": 4.01})
    store.frames(trial, make_pixels(2))
    store.frames(trial, make_pixels(0))
    store.finish(trial, TrialState.FAILED, run.clock.now(), "camera gone")
    expected = np.stack([make_pixels(0).frames, make_pixels(2).frames])
    np.testing.assert_array_equal(db.frames(session_id, 0), expected)
    row = db.trials(session_id).iloc[0]
    assert (row["reason"], row["n_frames"], row["Z.position_um"]) == ("camera gone", 4, 4.01)


def test_events_belong_to_the_trial_in_work(
    db: Database, store: SqlStore, run: Any, session_id: str
) -> None:
    store.event("start", run.clock.now(), {})
    trial = run.propose()
    store.event("fault", run.clock.now(), {"device": "Z", "text": "\0\ud800 ?"})
    store.finish(trial, TrialState.FAILED, run.clock.now(), "stuck \0 \ud800")
    store.event("park", run.clock.now(), {"why": "end"})
    events = db.events(session_id)
    assert list(events["kind"]) == ["start", "fault", "park"]
    assert list(events["number"].notna()) == [False, True, False]
    assert events["detail"][2] == {"why": "end"}
    assert str(events["at"].dtype).endswith("UTC]")


def test_the_state_of_a_session_is_recorded(
    db: Database, store: SqlStore, session_id: str, clock: Any
) -> None:
    stopped_at = clock.now()
    store.session_state(SessionState.STOPPED, stopped_at, "target reached")
    record = db.session("last")
    assert (record.state, record.reason) == (SessionState.STOPPED, "target reached")
    assert record.finished_at == stopped_at
    store.session_state(SessionState.RUNNING, clock.now())
    assert db.session(session_id).finished_at is None


class TestResume:
    def test_a_captured_trial_is_finished_from_its_frames(
        self, db: Database, session_id: str, clock: Any, make_run: Any, make_assessment: Any
    ) -> None:
        with db.store(session_id, controller="first", clock=clock) as first:
            captured = make_run(first).captured(**{"Z.position_um": 3.0})
            make_run(first).propose()
        with db.store(session_id, controller="second", clock=clock) as second:
            found = second.open_trials()
            assert [(trial.number, state, alive) for trial, state, alive in found] == [
                (0, "CAPTURED", False),
                (1, "PROPOSED", False),
            ]
            measured = second.measurement(found[0][0])
            assert measured.frames.shape == (3, 2, 16, 12)
            assert (measured.exposure_ms, measured.saturation_adu) == (10.0, 4095)
            assert second.read_back(captured) == {"Z.position_um": 3.0}
            second.estimated(captured, clock.now(), make_assessment(1.0))
            second.finish(captured, TrialState.COMPLETE, clock.now())
            second.mark_stale(found[1][0], clock.now(), "its process died")
            assert second.open_trials() == []
        assert [row.state for row in db.rows(session_id)] == ["COMPLETE", "STALE"]

    def test_trials_of_a_live_controller_are_left_alone(
        self, db: Database, run: Any, session_id: str, clock: Any
    ) -> None:
        run.captured()
        with db.store(session_id, controller="second", clock=clock) as second:
            assert [alive for _, _, alive in second.open_trials()] == [True]

    @pytest.mark.parametrize("keep", ["first", "none"])
    def test_without_all_frames_it_cannot_be_finished(
        self, db: Database, session_id: str, clock: Any, make_run: Any, keep: Any
    ) -> None:
        with db.store(session_id, controller="a", clock=clock, keep_frames=keep) as first:
            trial = make_run(first).captured()
        with db.store(session_id, controller="b", clock=clock, keep_frames=keep) as second:
            with pytest.raises(StoreError, match=r"not all of its frames were kept"):
                second.measurement(trial)
            second.mark_stale(trial, clock.now(), "no frames")
        assert db.rows(session_id)[0].state is TrialState.STALE


class TestKeepFrames:
    def test_all(self, db: Database, run: Any, session_id: str, make_pixels: Any) -> None:
        run.complete()
        expected = np.stack([make_pixels(index).frames for index in range(3)])
        np.testing.assert_array_equal(db.frames(session_id, 0), expected)

    def test_first(
        self, db: Database, session_id: str, clock: Any, make_run: Any, make_pixels: Any
    ) -> None:
        with db.store(session_id, controller="a", clock=clock, keep_frames="first") as opened:
            make_run(opened).complete()
        expected = np.stack([make_pixels(index).frames[:1] for index in range(3)])
        np.testing.assert_array_equal(db.frames(session_id, 0), expected)
        assert db.trials(session_id)["n_frames"][0] == 6
        assert db.verify(session_id) == []

    def test_none(
        self, db: Database, session_id: str, clock: Any, make_run: Any, tmp_path: Path
    ) -> None:
        with db.store(session_id, controller="a", clock=clock, keep_frames="none") as opened:
            make_run(opened).complete()
        with pytest.raises(StoreError, match="were not kept"):
            db.frames(session_id, 0)
        assert not (tmp_path / "frames").exists()
        checksums = db.sql("SELECT checksums FROM acquisition")["checksums"][0]
        assert str(checksums).count("'" if isinstance(checksums, list) else '"') == 6
