"""Sessions that begin with what earlier ones of their rig have found."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hil.cli.main import run
from hil.errors import InputError
from hil.session.baseline import Baseline
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

PAGE = Path(__file__).parents[4] / "docs" / "searching.md"


def following(ref: str, kind: str = "auto") -> str:
    text = SESSION.replace('kind = "random"', f'kind = "{kind}"')
    return f'{text}\n[start]\nfrom = ["{ref}"]\n'


def test_the_page_is_what_a_newcomer_can_do(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/searching.md, its tables and commands."""
    page = PAGE.read_text(encoding="utf-8")
    (table,) = re.findall(r"```toml\n(\[start\].*?)```", page, flags=re.DOTALL)
    (resume,) = re.findall(r"^hil (resume .*)$", page, flags=re.MULTILINE)
    monkeypatch.chdir(bench.folder)
    assert run(["run", "session.toml", "--trials", "2", "--db", bench.url]) == 0
    bench.write(RIG, SESSION.replace('"random"', '"auto"') + "\n" + table)
    assert run(["run", "session.toml", "--trials", "2", "--db", bench.url]) == 0
    words = shlex.split(resume)
    words[words.index("--trials") + 1] = "3"
    assert run([*words, "--db", bench.url]) == 0
    assert "search_changed" in bench.events()
    assert capsys.readouterr().err.count("error:") == 0


def known(bench: Bench) -> Any:
    with bench.database() as database:
        return Baseline.from_json(database.session("last").extra["layout"]).known


def test_what_it_knows_is_copied_so_that_the_earlier_session_may_go(bench: Bench) -> None:
    earlier = bench.run(trials=2)
    bench.write(RIG, following(earlier.session_id[:8]))
    other = Bench(Path(shutil.copytree(bench.folder, bench.folder / "copy")))
    other.write(RIG, following("last"))
    other.run(trials=2)

    bench.run(trials=1)
    (one,) = known(bench).earlier
    assert (one.session_id, len(one.trials)) == (earlier.session_id, 2)
    assert (one.why, one.doubt) == ("0.0 days old, the same calibration", 0.05)
    assert all(trial.sd > 0 and trial.fields == (0, 1, 2, 3) for trial in one.trials)
    with closing(sqlite3.connect(bench.folder / "hil.db")) as file, file:
        file.execute("delete from trial where session_id = ?", (earlier.session_id,))
    bench.resume(trials=2)
    assert settings(bench) == settings(other), "as if it had not been interrupted"


def settings(bench: Bench) -> list[Any]:
    with bench.database() as database:
        return [dict(row.requested) for row in database.rows("last")]


REFUSED = {
    "unknown": (following("abcdef12"), "start.from: 'abcdef12': there is no session"),
    "no id": (following("x"), "start.from: 'x': not a session, allowed: an id"),
    "other settings": (
        following("last").replace("mirror.z5_nm", "mirror.z6_nm"),
        "searched other settings: mirror.z5_nm, mirror.z6_nm in one of the two alone",
    ),
    "other ranges": (
        following("last").replace("low = -100", "low = 99.9"),
        "0 of its trials in the ranges of this session",
    ),
    "other objective": (
        following("last") + '\n[objective]\nmaximize = ["bits_per_frame"]\n',
        "maximised bits_per_pixel, allowed: sessions that maximised bits_per_frame",
    ),
    "other sampler": (following("last", "tpe"), "start.from: not with sampler.kind = 'tpe'"),
    "a word": (SESSION.replace("seed = 4", 'seed = 4\nstart = "x"'), "start: 'x', allowed:"),
    "no such preset": (
        SESSION + '\n[start]\npresets = ["GFP"]\n',
        "start.presets: no preset 'GFP', allowed: this rig has none",
    ),
}


def test_what_does_not_fit_is_refused_in_one_line(bench: Bench) -> None:
    bench.run(trials=1)
    for why, (text, said) in REFUSED.items():
        bench.write(RIG, text)
        with pytest.raises(InputError) as told:
            bench.run()
        assert said in str(told.value), why
        assert "\n" not in str(told.value)
    bench.write(RIG.replace("small scope", "another scope"), following("last"))
    with pytest.raises(InputError, match="is of rig 'small scope', allowed: sessions of 'another"):
        bench.run()
    with bench.database() as database:
        assert len(database.sessions()) == 1, "nothing was written"


def test_without_a_database_there_is_no_earlier_session(bench: Bench) -> None:
    bench.write(RIG, following("last"))
    with pytest.raises(InputError, match="the database holds no session yet"):
        bench.run()
