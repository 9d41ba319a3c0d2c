from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hil
from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.replay.estimate_process import EstimateJob, EstimateProcess
from tests.hil.replay.recorded_sessions import copied, session_named

NOISE = CameraNoise(0.5, 100.0, 1.6)
OPTIONS: dict[str, Any] = {"estimator": "stationary", "patch_size": 4, "seed": 3}


@pytest.fixture
def process() -> Iterator[EstimateProcess]:
    found = EstimateProcess()
    yield found
    found.end()


def test_a_process_comes_to_the_same_estimate(tmp_path: Path, process: EstimateProcess) -> None:
    url = copied(tmp_path)
    session = session_named(url, "regression")
    with hil.open_database(url) as database:
        frames, files = database.frames(session, 1), database.files_of(session)[1]
    answer = process.run(EstimateJob(files.folder, tuple(files.checksums), OPTIONS), NOISE)
    assert answer is not None
    here = estimate_information(frames, NOISE, **OPTIONS)
    assert answer.estimate.bits_per_pixel == here.bits_per_pixel
    assert answer.estimate.details == here.details
    assert answer.checksums == tuple(files.checksums.values())


def test_what_fails_there_has_no_answer_and_the_next_job_has(
    tmp_path: Path, process: EstimateProcess
) -> None:
    url = copied(tmp_path)
    with hil.open_database(url) as database:
        files = database.files_of(session_named(url, "regression"))[0]
    fields = tuple(files.checksums)
    assert process.run(EstimateJob(tmp_path / "nowhere", fields, OPTIONS), NOISE) is None
    assert process.run(EstimateJob(files.folder, fields, {"estimator": "nope"}), NOISE) is None
    assert process.run(EstimateJob(files.folder, fields, OPTIONS), NOISE) is not None


def test_who_is_gone_has_no_answer(tmp_path: Path) -> None:
    process = EstimateProcess()
    process.end()
    assert process.run(EstimateJob(tmp_path, (0,), OPTIONS), NOISE) is None
