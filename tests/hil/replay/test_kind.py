from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from tests.hil.replay.recorded_sessions import copied, session_named

RIG = 'name = "again"\ncamera = "camera"\n[[driver]]\nkind = "replay"\n'


def refused(folder: Path, *lines: str) -> str:
    (folder / "rig.toml").write_text(RIG + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Plan(load_rig_file(folder / "rig.toml"))
    return str(caught.value)


def test_what_cannot_be_replayed_is_one_line_with_the_key(tmp_path: Path) -> None:
    copied(tmp_path)
    told = refused(tmp_path, 'session = "0123456789"', 'database = "hil.db"')
    assert "driver.0.session: '0123456789': there is no session whose id begins so" in told
    told = refused(tmp_path, 'session = "last"', 'database = "hil.db"')
    assert "driver.0.session: 'last' is another one tomorrow" in told
    told = refused(tmp_path, 'session = "01"', 'database = "none.db"')
    assert "driver.0.database" in told and "none.db" in told


def test_a_rig_file_of_a_recording_opens(tmp_path: Path) -> None:
    import hil

    session = session_named(copied(tmp_path), "regression")
    text = RIG + f'session = "{session[:12]}"\ndatabase = "hil.db"\n'
    (tmp_path / "rig.toml").write_text(text, encoding="utf-8")
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        assert "mirror.z5_nm" in rig.settings
        assert rig.apply({"mirror.z5_nm": 0.0}) == {"mirror.z5_nm": 0.0}
