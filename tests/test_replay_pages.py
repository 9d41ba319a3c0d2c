"""Every command in the pages about replays and imports is run, on a small session."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import hil
from hil.cli.main import run
from tests.hil.frames.written import ndtiff
from tests.hil.replay.recorded_sessions import copied
from tests.hil.replay.test_files import stack
from tests.hil.small_session import RIG, SESSION

DOCS = Path(__file__).parents[1] / "docs"


def commands(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("hil ")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    return tmp_path


def test_the_page_about_replays(folder: Path) -> None:
    copied(folder)
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    (folder / "twin.toml").write_text(RIG, encoding="utf-8")
    (folder / "session.toml").write_text(SESSION.replace("trials = 6", "trials = 2"), "utf-8")
    (folder / "faults.toml").write_text('[[fault]]\nfault = "dark"\nat = [1]\n', "utf-8")
    lines = commands("replay.md")
    assert sum("--what-if" in line for line in lines) == 2
    assert sum("--rehearse" in line for line in lines) == 2
    for line in lines:
        line = line.replace("--seeds 5", "--seeds 2").replace("trials=12,24", "trials=3,4")
        assert run(shlex.split(line)[1:]) == 0, line
    assert (folder / "hil-what-if.png").is_file()


def test_the_page_about_imports(folder: Path) -> None:
    (folder / "stack").mkdir()
    for z in (1, 2):
        np.save(folder / "stack" / f"run_z{z}.npy", stack(z))
    np.save(folder / "all.npy", np.concatenate([stack(1), stack(2)]))
    (folder / "planes.csv").write_text("focus.z_um\n1\n2\n", encoding="utf-8")
    planes = {(("position", p), ("z", z)): stack(z)[p, 0] for p in range(2) for z in range(2)}
    ndtiff(folder / "acquisition", planes, {}, lambda axes: {"ZPositionUm": axes["z"] - 1.0})
    lines = commands("import.md")
    assert len(lines) == 4
    for line in lines:
        assert run(shlex.split(line)[1:]) == 0, line
    with hil.open_database() as database:
        assert set(database.sessions()["name"]) == {"old stack", "planes", "acquisition"}
