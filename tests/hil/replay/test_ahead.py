from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hil
from drivers.types import Pixels
from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.replay import ahead
from hil.replay.ahead import ComingFrames, EstimatesAhead
from hil.replay.comparison import compare
from hil.replay.estimate_process import EstimateAnswer, EstimateJob, EstimateProcess, answer_to
from hil.replay.from_frames import replay_frames
from tests.hil.replay.recorded_sessions import copied, session_named

NOISE = CameraNoise(0.5, 100.0, 1.6)
OPTIONS: dict[str, Any] = {
    "estimator": "stationary",
    "patch_size": 4,
    "confidence": 0.95,
    "seed": 0,
    "max_saturated_share": 1e-3,
    "noise_variance_relative_sd": 0.0,
    "subtract_pattern": False,
    "lower_bound": False,
}


class _Recorded:
    def __init__(self, url: str) -> None:
        session = session_named(url, "regression")
        with hil.open_database(url) as database:
            files = database.files_of(session)
            self.frames: list[Pixels] = [database.frames(session, n) for n in sorted(files)]
        self.coming = [
            ComingFrames(
                one.folder,
                tuple(one.checksums),
                tuple(one.checksums.values()),
                one.saturation_adu,
            )
            for _, one in sorted(files.items())
        ]
        self.options = [{**OPTIONS, "saturation_adu": one.saturation_adu} for one in self.coming]

    def bits(self, estimates: EstimatesAhead, number: int, noise: Any = NOISE) -> float:
        return estimates(self.frames[number], noise, **self.options[number]).bits_per_pixel

    def here(self, number: int) -> float:
        options = self.options[number]
        return estimate_information(self.frames[number], NOISE, **options).bits_per_pixel


@pytest.fixture
def recorded(tmp_path: Path) -> _Recorded:
    return _Recorded(copied(tmp_path))


@pytest.fixture
def estimates(recorded: _Recorded) -> Iterator[EstimatesAhead]:
    with EstimatesAhead(recorded.coming, 1, worth_s=0) as found:
        yield found


def test_all_but_the_first_two_are_estimated_ahead(
    recorded: _Recorded, estimates: EstimatesAhead
) -> None:
    found = [recorded.bits(estimates, number) for number in range(6)]
    assert found == [recorded.here(number) for number in range(6)]
    assert estimates.n_ahead == 4


def test_other_frames_noise_and_options_are_estimated_here(
    recorded: _Recorded, estimates: EstimatesAhead
) -> None:
    for number in (0, 1):
        recorded.bits(estimates, number)
    changed = recorded.frames[2] + 1
    got = estimates(changed, NOISE, **recorded.options[2]).bits_per_pixel
    assert got == estimate_information(changed, NOISE, **recorded.options[2]).bits_per_pixel
    other = CameraNoise(0.7, 100.0, 1.6)
    want = estimate_information(recorded.frames[3], other, **recorded.options[3])
    assert recorded.bits(estimates, 3, other) == want.bits_per_pixel
    options = {**recorded.options[4], "patch_size": 6}
    want = estimate_information(recorded.frames[4], NOISE, **options)
    got = estimates(recorded.frames[4], NOISE, **options).bits_per_pixel
    assert got == want.bits_per_pixel
    assert estimates.n_ahead == 0
    assert recorded.bits(estimates, 5) == recorded.here(5)


def test_trials_that_never_come_are_passed_over(
    recorded: _Recorded, estimates: EstimatesAhead
) -> None:
    for number in (0, 1, 4, 5):
        assert recorded.bits(estimates, number) == recorded.here(number)
    assert estimates.n_ahead == 2  # what is asked for beyond 2 and 3 is there


def test_who_waits_does_what_no_process_has_begun(
    recorded: _Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    done_here: list[EstimateJob] = []

    class Slow(EstimateProcess):
        def run(self, job: EstimateJob, noise: Any) -> EstimateAnswer | None:
            go.wait(30)
            return super().run(job, noise)

    def here(job: EstimateJob, noise: Any) -> EstimateAnswer | None:
        done_here.append(job)
        if len(done_here) == 3:
            go.set()
        return answer_to(job, noise)

    monkeypatch.setattr(ahead, "EstimateProcess", Slow)
    monkeypatch.setattr(ahead, "answer_to", here)
    with EstimatesAhead(recorded.coming, 1, worth_s=0) as estimates:
        found = [recorded.bits(estimates, number) for number in range(6)]
        go.set()
    assert found == [recorded.here(number) for number in range(6)]
    assert len(done_here) >= 3


def test_processes_are_started_at_once_where_the_work_is_known(recorded: _Recorded) -> None:
    with EstimatesAhead(recorded.coming, 1, worth_s=5, expected_s=6) as estimates:
        found = [recorded.bits(estimates, number) for number in range(6)]
        assert estimates.n_ahead == 5
    assert found == [recorded.here(number) for number in range(6)]


def test_files_that_changed_since_are_estimated_here(recorded: _Recorded) -> None:
    coming = [replace(one, folder=recorded.coming[0].folder) for one in recorded.coming]
    with EstimatesAhead(coming, 1, worth_s=0) as estimates:
        for number in range(4):
            assert recorded.bits(estimates, number) == recorded.here(number)
        assert estimates.n_ahead == 0


def test_a_little_work_starts_no_process(
    recorded: _Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "EstimateProcess", None)
    with EstimatesAhead(recorded.coming, 2) as estimates:
        for number in range(3):
            recorded.bits(estimates, number)
    with EstimatesAhead(recorded.coming, 0, worth_s=0) as estimates:
        for number in range(3):
            recorded.bits(estimates, number)


def test_a_replay_ahead_has_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = copied(tmp_path)
    session = session_named(url, "regression")
    made: list[EstimatesAhead] = []

    def eager(coming: list[ComingFrames], expected_s: float) -> EstimatesAhead:
        assert expected_s > 0
        made.append(EstimatesAhead(coming, 1, worth_s=0))
        return made[-1]

    plain = replay_frames(session, url)
    monkeypatch.setattr("hil.replay.from_frames.EstimatesAhead", eager)
    result = replay_frames(session, url)
    assert made[0].n_ahead == 4
    with hil.open_database(url) as database:
        pairs = compare(database, plain.session_id, result.session_id).pairs
        assert max(pair.moved_bits for pair in pairs) <= 1e-9
        one, other = (database.estimates(s) for s in (plain.session_id, result.session_id))
        assert list(one["flags"]) == list(other["flags"])
        assert list(one["n_patches"]) == list(other["n_patches"])
