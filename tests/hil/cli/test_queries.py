"""What the commands that read the database say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run


def test_an_export_opens_as_an_optuna_study(folder: Path) -> None:
    import optuna

    assert run(["run", "session.toml"]) == 0
    assert run(["export", "last", "--optuna", "sqlite:///study.db"]) == 0
    (name,) = optuna.get_all_study_names("sqlite:///study.db")
    study = optuna.load_study(study_name=name, storage="sqlite:///study.db")
    assert len(study.trials) == 4
    assert study.trials[0].params == {"mirror.z5_nm": 0.0, "focus.z_um": 0.0}
    assert run(["export", "last", "--optuna", "sqlite:///study.db"]) == 2


def test_a_damaged_frame_file_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--trials", "2"]) == 0
    chunk = next((folder / "hil-frames").glob("*/000001/c*"))
    chunk.write_bytes(chunk.read_bytes()[:-7] + b"\x00" * 7)
    assert run(["db", "verify"]) == 1
    assert "1 problems" in capsys.readouterr().out
