"""A figure that can go nowhere is told before the work, not after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hil.cli.main import run
from hil.errors import InputError
from hil.report.files.output_place import FIGURES, check_output_place
from tests.hil.small_session import RIG

# The X is the file.
WORKS = [
    "demo --db sqlite:///demo.db --picture X.png",
    "scan rig.toml --setting focus.z_um --from 0 --to 1 --steps 2 --picture X.png",
    "calibrate rig.toml --plot X.png",
    "modes check rig.toml --mode mirror.z5_nm --save X.npz",
    "modes check rig.toml --mode mirror.z5_nm --plot X.png",
    "study microscope --plot X.png",
    "replay last --on rig.toml --picture X.png",
    "replay last --what-if trials=3 --picture X.png",
    "estimate frames.npy --noise poisson --plot X.png",
    "twin fit last rig.toml -o X.toml",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", WORKS)
@pytest.mark.parametrize("name", ["x" * 300, "none/x", "file/x"])
def test_it_is_told_before_anything_moves(
    command: str, name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").write_text("a file, and no folder", encoding="utf-8")
    before = sorted(folder.rglob("*"))
    assert run([word.replace("X", name) for word in command.split()]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert name in told.err
    assert told.out == ""
    assert sorted(folder.rglob("*")) == before


def test_what_is_allowed_is_said(tmp_path: Path) -> None:
    check_output_place("--plot", tmp_path / "a.svg", FIGURES)
    (tmp_path / "b.png").mkdir()
    for name in ("a.txt", "none/a.png", "b.png"):
        with pytest.raises(InputError, match=r"--plot: .*allowed: a \.png, \.pdf or \.svg file"):
            check_output_place("--plot", tmp_path / name, FIGURES)


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_loop_of_links_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("a.png")
    with pytest.raises(InputError, match="symbolic links"):
        check_output_place("--plot", tmp_path / "a.png", (".png",))


def test_where_nobody_may_write_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *asked: False)
    with pytest.raises(InputError, match="cannot be written there"):
        check_output_place("--plot", tmp_path / "a.png", (".png",))
