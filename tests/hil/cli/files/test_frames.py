"""``hil frames`` writes a trial's frames, which ``hil estimate`` reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.cli.main import run
from hil.store import open_database


def test_a_trial_as_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--trials", "2"]) == 0
    capsys.readouterr()
    for name in ("a.tif", "a.zarr", "a.npy"):
        assert run(["frames", "last", "1", "-o", name]) == 0
        told = capsys.readouterr().out
        assert told == f"wrote {name}: 4 fields of view, 2 repeats, 64 x 64\n"
    with open_database() as database:
        assert np.array_equal(np.load("a.npy"), database.frames("last", 1))


WRONG = [
    (["last", "7", "-o", "a.tif"], "no such trial"),
    (["last", "0", "-o", "a.doc"], "ends in"),
    (["nobody", "0", "-o", "a.tif"], "nobody"),
    (["last", "0"], "-o"),
]


def test_wrong_input_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "session.toml", "--trials", "1"]) == 0
    before = sorted(one.name for one in folder.iterdir())
    for arguments, told in WRONG:
        capsys.readouterr()
        assert run(["frames", *arguments]) == 2
        said = capsys.readouterr().err
        assert told in said and len(said.splitlines()) == 1
    assert sorted(one.name for one in folder.iterdir()) == before
