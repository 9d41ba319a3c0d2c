"""Every block of docs/python.md is run, in its order, beside a small session's files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from hil.records.session import SessionState
from hil.records.trial import TrialState
from tests.hil.small_session import RIG, SESSION

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_its_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    quick = SESSION
    (tmp_path / "session.toml").write_text(quick, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("HIL_DATABASE", "HIL_FRAMES"):
        monkeypatch.delenv(name, raising=False)
    names: dict[str, Any] = {}
    text = PAGE.read_text(encoding="utf-8")
    for source in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(source, str(PAGE), "exec"), names)
    assert names["result"].n_complete == 8 and "<table" in names["result"]._repr_html_()
    assert isinstance(names["figure"], Figure) and names["best"]["objective"] > 0
    assert names["estimate"].bits_per_pixel > 0 and "bits" in names["estimate"]._repr_html_()
    assert names["measured"].state is TrialState.COMPLETE
    assert names["measured"].settings["focus.z_um"] == pytest.approx(0.25)
    assert names["session"].result().state is SessionState.COMPLETE
    assert names["session"].result().n_complete == 6
    assert (tmp_path / "so_far.png").stat().st_size > 0
    with names["hil"].open_database() as database:
        assert "newest sessions" in database._repr_html_()
