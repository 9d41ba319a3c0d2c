"""A session whose fields of view carry labels."""

from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.errors import InputError
from tests.hil.small_session import RIG, SESSION

TWO = '\n[objective]\nmaximize = ["bits_per_pixel", "bits_about_label"]\n'
FILE = (
    SESSION.replace("trials = 6", "trials = 2")
    .replace("columns = 2, rows = 2", "columns = 4, rows = 2")
    .replace("repeats = 2", 'repeats = 1\nlabels = ["a", "b", "a", "b", "a", "b", "a", "b"]')
)


def _files(folder: Path, session: str) -> Path:
    (folder / "rig.toml").write_text(RIG)
    (folder / "session.toml").write_text(session)
    return folder / "session.toml"


def test_what_frames_tell_about_labels_is_a_second_objective(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path.as_posix()}/a.db"
    result = hil.run_session(_files(tmp_path, FILE + TWO), database)
    with hil.open_database(database) as opened:
        row = opened.estimates(result.session_id).iloc[0]
        trial = opened.rows(result.session_id)[0]
    about = row["details"]["about_label"]
    assert trial.objectives is not None and trial.objectives[1] == about["bits"]
    assert 0 <= about["ci_low"] <= about["ci_high"] <= about["most_bits"] == pytest.approx(1.0)


def test_scenes_without_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bits_about_label needs scenes that carry labels"):
        hil.run_session(_files(tmp_path, SESSION + TWO), f"sqlite:///{tmp_path.as_posix()}/a.db")
