"""What the program says and how it exits, command by command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import tifffile

from hil.cli.main import run
from tests.hil.small_session import RIG
from tests.hil.small_session import SESSION as SMALL

# A name that would be markup, if names were read as markup.
SESSION = SMALL.replace('"small"', '"[bold]cli[/bold]"').replace("trials = 6", "trials = 4")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return tmp_path


class Mistake(NamedTuple):
    name: str
    arguments: list[str]
    says: str


MISTAKES = [
    Mistake("no such command", ["rnu"], "No such command"),
    Mistake("no such option", ["run", "session.toml", "--trails", "3"], "--trials"),
    Mistake("no such file", ["run", "none.toml"], "none.toml: no such file"),
    Mistake("no trials", ["run", "session.toml", "--trials", "0"], "allowed: 1 or more"),
    Mistake("no database", ["sessions"], "no database there"),
    Mistake("not a URL", ["sessions", "--db", "hil.db"], "--db"),
    Mistake("nothing to resume", ["resume"], "no database there"),
    Mistake("no such rig", ["park", "none.toml"], "none.toml: no such file"),
    Mistake("no such frames", ["estimate", "f.npy", "--noise", "poisson"], "f.npy"),
    Mistake("no noise", ["estimate", "f.npy"], "--noise"),
    Mistake("no configuration", ["rig", "init", "none.cfg"], "none.cfg: no such file"),
    Mistake("no picture there", ["demo", "--picture", "a.txt"], "a .png file"),
    Mistake("neither best nor trial", ["apply", "last"], "--best or --trial"),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_mistakes_are_one_line_and_write_nothing(
    case: Mistake, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.rglob("*"))
    assert run(case.arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert case.says in error
    assert sorted(folder.rglob("*")) == before


def test_a_session_from_run_to_query(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--tag", "night", "--note", "a note"]) == 0
    said = capsys.readouterr()
    assert "4 complete of 4" in said.out
    assert "[bold]cli[/bold]" in said.out, "names are text and never markup"
    assert "4 of 4 trials" in said.err

    assert run(["sessions", "--where", "tags = night"]) == 0
    assert "[bold]cli[/bold]" in capsys.readouterr().out
    assert run(["trials", "last", "--sort", "-objective", "--limit", "2", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 2
    assert rows[0]["objective"] >= rows[1]["objective"]
    assert run(["trials", "last", "--where", "mirror.z5_nm = 0", "--format", "csv"]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert run(["trials", "-o", "all.parquet"]) == 0
    assert len(pd.read_parquet(folder / "all.parquet")) == 4
    assert run(["tag", "last", "good", "--trial", "1"]) == 0
    assert run(["note", "last", "look again", "--trial", "1"]) == 0
    assert run(["trials", "--where", "tags = good", "--format", "json"]) == 0
    assert [row["number"] for row in json.loads(capsys.readouterr().out)] == [1]
    assert run(["events", "last", "--format", "json"]) == 0
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)] == ["setup", "park"]
    assert run(["db", "verify"]) == 0
    assert run(["db", "migrate"]) == 0
    assert "up to date" in capsys.readouterr().out
    assert run(["export", "last", "--parquet", "tables"]) == 0
    assert len(pd.read_parquet(folder / "tables" / "trials.parquet")) == 4
    assert run(["trials", "--where", "mirror.z6_nm > 0"]) == 2
    assert "'mirror.z5_nm'" in capsys.readouterr().err
    assert run(["apply", "last", "--best"]) == 0
    assert "mirror.z5_nm = " in capsys.readouterr().out
    assert run(["park", "rig.toml"]) == 0
    assert capsys.readouterr().out == "parked\n"
    assert run(["events", "--format", "json"]) == 0
    assert {row["kind"] for row in json.loads(capsys.readouterr().out)} == {"setup", "park", "move"}


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


def test_rig_check_shows_every_setting(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rig", "check", "rig.toml"]) == 0
    out = capsys.readouterr().out
    for words in ("mirror.z11_nm", "-300 to 300", "camera.exposure_ms", "1, 2, 4", "torch "):
        assert words in out
    assert not list(folder.glob("hil.db*"))


def test_estimate_reads_what_people_have(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    frames = rng.poisson(80, (8, 64, 64)).astype(np.uint16)
    np.save(folder / "frames.npy", frames)
    np.savez(folder / "frames.npz", frames=frames)
    tifffile.imwrite(folder / "frames.tif", frames)
    answers = set()
    for name in ("frames.npy", "frames.npz", "frames.tif"):
        assert run(["estimate", name, "--noise", "poisson", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        answers.add(found["bits_per_pixel"])
        assert abs(found["bits_per_pixel"]) < 0.02
    assert len(answers) == 1
    assert run(["estimate", "frames.npy", "--noise", "poison"]) == 2
    assert "'poisson'" in capsys.readouterr().err


def test_a_failed_session_exits_with_1(folder: Path) -> None:
    (folder / "rig.toml").write_text(
        RIG + '\n[[interlock]]\nsetting = "focus.z_um"\nlow = 5\n', encoding="utf-8"
    )
    assert run(["run", "session.toml"]) == 1


def test_start_is_light() -> None:
    code = (
        "import sys, hil, hil.cli.main;"
        "print([m for m in ('torch', 'optuna', 'sqlalchemy', 'matplotlib', 'pymmcore_plus', 'numpy',"
        " 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[:2] == "  "]
    for command in listed[listed.index("--help") + 1 :]:
        if command.islower() and command.isalpha():
            assert run([command, "--help"]) == 0
            assert "Usage" in capsys.readouterr().out
