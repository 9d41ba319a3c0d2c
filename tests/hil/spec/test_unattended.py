"""What a session file says of being left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.spec import load_session_file
from tests.hil.small_session import RIG, SESSION

BAD = [
    ("[pause]\nfailures = 2", "pause.failures: unknown key"),
    ("[pause]\nfailures_in_a_row = 0", "pause.failures_in_a_row: 0 is wrong"),
    ("[pause]\nfailures_in_a_row = 4", "allowed: at most 3, since stop.failures_in_a_row"),
    ("[pause]\ndrift_bits = 0.1", "pause.drift_bits: needs the trials of [reference]"),
    ("[approval]", "approval: names no setting"),
    ('[approval]\nsettings = ["stage.x_um"]', "approval: stage.x_um is neither searched nor"),
    ('[approval]\nsteps = { "focus.z_um" = 0 }', 'steps."focus.z_um": 0, allowed: above 0'),
    ('[approval]\nsettings = ["focus.z_um"]\ntimeout_s = 0', "approval.timeout_s: 0 is wrong"),
    ("[pause]\ntimeout_s = -1", "pause.timeout_s: -1 is wrong"),
]


def write(folder: Path, table: str) -> Path:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    path = folder / "session.toml"
    path.write_text(f"{SESSION}\n{table}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("table", "said"), BAD, ids=lambda value: str(value)[:40])
def test_mistakes_are_one_line(table: str, said: str, tmp_path: Path) -> None:
    path = write(tmp_path, table)
    with pytest.raises(InputError) as error:
        load_session_file(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_all_of_it_together(tmp_path: Path) -> None:
    table = "[pause]\nfailures_in_a_row = 3\ninterlock = true\ndrift_bits = 0.1\ntimeout_s = 60\n"
    approval = '[approval]\nsettings = ["mirror.z5_nm"]\nsteps = { "focus.z_um" = 0.5 }\n'
    file = load_session_file(write(tmp_path, f"{table}{approval}[reference]\nevery = 5"))
    assert file.spec.pause.failures_in_a_row == 3
    assert file.spec.approval is not None
    assert file.spec.approval.names == ("mirror.z5_nm", "focus.z_um")
