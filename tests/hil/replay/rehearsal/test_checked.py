"""All that would be refused, from Python; see also the command's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.replay.rehearsal.checked import check_session
from hil.spec.load import load_rig_file, load_session_file
from tests.hil.small_session import RIG, SESSION


def test_parts_of_a_session_are_asked_of_simulated_devices(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    path = tmp_path / "session.toml"
    path.write_text(SESSION, encoding="utf-8")
    database = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    right = check_session(path, database=database)
    assert right.problems == () and right.asked_devices
    assert right.cost is not None and right.cost.frames == 48
    fields = 'fields = [{ "stage.x_um" = 0 }, { "stage.x_um" = 1e6 }, { "stage.x_um" = "a" }]'
    path.write_text(
        SESSION.replace("grid = { columns = 2, rows = 2, step_um = 10 }", fields), encoding="utf-8"
    )
    told = [str(one) for one in check_session(path, database=database).problems]
    assert len(told) == 2
    assert "measure.fields.1" in told[0] and "measure.fields.2" in told[1]


def test_a_model_that_cannot_be_fitted_is_told_without_any_device(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    path = tmp_path / "session.toml"
    sampler = 'kind = "model"\nmodel = "twin.toml"'
    path.write_text(SESSION.replace('kind = "random"', sampler), encoding="utf-8")
    told = [str(one) for one in check_session(path).problems]
    assert len(told) == 1
    assert "sampler.model: 'twin.toml' is no file in" in told[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "'s.json' cannot be read: No such file"), (b"\xff\x00", "not UTF-8 text"), (b"", "")],
    ids=["not there", "no text", "left to the driver"],
)
def test_a_sequence_that_cannot_be_read_is_told_without_any_device(
    content: bytes | None, words: str, tmp_path: Path
) -> None:
    rig = RIG.replace('kind = "sim.microscope"', 'kind = "micromanager"').split("seed")[0]
    rig += '[noise]\nkind = "gaussian"\nsigma_adu = 2\n'
    (tmp_path / "rig.toml").write_text(rig, encoding="utf-8")
    path = tmp_path / "session.toml"
    path.write_text(
        SESSION.replace("[measure]\n", '[measure]\nsequence = "s.json"\n'), encoding="utf-8"
    )
    if content is not None:
        (tmp_path / "s.json").write_bytes(content)
    told = [str(one) for one in check_session(path).problems]
    assert len(told) == bool(words), told
    assert all(f"measure.sequence: {words}" in one or words in one for one in told)


def test_the_first_mistake_is_the_one_that_a_run_names(tmp_path: Path) -> None:
    wrong = RIG.replace("gain_e_per_adu = 0.5", "gain = 0.5") + '\n[limits."a.b_um"]\nlo = 1\n'
    (tmp_path / "rig.toml").write_text(wrong, encoding="utf-8")
    path = tmp_path / "session.toml"
    path.write_text(SESSION, encoding="utf-8")
    problems = check_session(path).problems
    assert len(problems) == 3, "two unknown keys, and one that is missing then"
    with pytest.raises(Exception, match=r"and 2 more") as raised:
        load_session_file(path)
    assert str(raised.value).startswith(str(problems[0]))
    with pytest.raises(Exception, match="and 2 more"):
        load_rig_file(tmp_path / "rig.toml")
