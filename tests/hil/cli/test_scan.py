from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.cli.main import run

AXIS = ["--setting", "mirror.z5_nm", "--from", "-100", "--to", "100", "--steps", "3"]
OTHER = ["--setting", "focus.z_um", "--from", "0", "--to", "0.5", "--steps", "2"]


def test_a_scan_is_a_session_with_a_figure(folder: Path) -> None:
    assert run(["scan", "rig.toml", *AXIS, "--session", "session.toml"]) == 0
    assert (folder / "hil-scan.png").read_bytes()[:4] == b"\x89PNG"
    with hil.open_database() as database:
        assert list(database.trials("last")["mirror.z5_nm"]) == [-100.0, 0.0, 100.0]
        assert database.session("last").extra["kind"] == "scan"


def test_two_axes_make_a_grid(folder: Path) -> None:
    options = ["--session", "session.toml", "--picture", "map.svg"]
    assert run(["scan", "rig.toml", *AXIS, *OTHER, *options]) == 0
    assert (folder / "map.svg").is_file()
    with hil.open_database() as database:
        table = database.trials("last")
    assert list(table["focus.z_um"]) == [0.0, 0.5] * 3


WRONG = [
    (AXIS[:-2], "--steps"),
    ([*AXIS[:-1], "1"], "2 or more"),
    ([*AXIS[:-1], "9" * 30], "up to 1000000"),
    ([*AXIS[:-1], "2000", *OTHER[:-1], "2000"], "4000000 trials, allowed: 1000000"),
    ([*AXIS[:3], "nan", *AXIS[4:]], "--from: mirror.z5_nm: nan, allowed: a finite number"),
    ([*AXIS[:5], "inf", *AXIS[6:]], "--to: mirror.z5_nm: inf, allowed: a finite number"),
    ([*AXIS, *AXIS], "given twice"),
    (["--setting", "z5", *AXIS[2:]], "is no setting"),
    ([*AXIS[:3], "-9000", *AXIS[4:]], "-9000"),
    ([*AXIS, "--picture", "none/x.png"], "--picture"),
]


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_wrong_input_is_one_line_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run(["scan", "rig.toml", *options]) == 2
    said = capsys.readouterr().err
    assert told in said and len(said.splitlines()) == 1
    assert not (folder / "hil.db").exists()
