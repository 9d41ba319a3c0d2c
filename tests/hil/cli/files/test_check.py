"""``hil check``: all that would be refused, and the cost, with nothing opened and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.cli.main import run
from tests.hil.small_session import BY_DEFAULT, RIG, SESSION


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_DATABASE", raising=False)
    monkeypatch.delenv("HIL_FRAMES", raising=False)
    Path("rig.toml").write_text(RIG, encoding="utf-8")
    Path("session.toml").write_text(SESSION, encoding="utf-8")


def test_a_session_that_would_run_costs_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "session.toml"]) == 0
    told = capsys.readouterr()
    assert "nothing is refused" in told.out and not told.err
    assert "trials    6" in told.out and "frames    48\n" in told.out
    exposures_s = float(told.out.split("exposures ")[1].split()[0])
    dose_mj = float(told.out.split("dose ")[1].split()[0])
    assert dose_mj == pytest.approx(exposures_s * 1.0), "at the 1 mW of the rig's setup"
    assert {one.name for one in Path().iterdir()} == {"rig.toml", "session.toml"}


def test_stopping_rules_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("session.toml").write_text(SESSION + "\n[stop]\nwall_s = 60\n", encoding="utf-8")
    assert run(["check", "session.toml", "--trials", "2"]) == 0
    told = capsys.readouterr().out
    assert "trials    2" in told and "[stop] wall_s = 60" in told


def test_every_mistake_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = BY_DEFAULT.replace("z5_nm", "zz_nm").replace("low = -1\n", "low = -1000\n")
    wrong = wrong.replace("repeats = 2", 'repeats = 2\nunguarded = ["nobody"]')
    wrong += '\n[estimator]\nkind = "none"\n\n[fixed]\n"light.power_mw" = 1e9\n'
    Path("session.toml").write_text(wrong, encoding="utf-8")
    assert run(["check", "session.toml"]) == 2
    told = capsys.readouterr()
    lines = told.err.splitlines()
    for key in (
        "estimator.kind",
        "measure.unguarded.0",
        "search.0.setting",
        "search.1.low",
        'fixed."light.power_mw"',
    ):
        assert sum(f"session.toml: {key}: " in line for line in lines) == 1, key
    assert len(lines) == 5
    assert "nothing is refused" not in told.out


def test_both_files_are_read_although_one_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = SESSION.replace("trials = 6", "trial = 6").replace("high = 1\n", 'high = "x"\n')
    Path("session.toml").write_text(wrong, encoding="utf-8")
    Path("rig.toml").write_text("[limits.x]\nlo = 1\n" + RIG, encoding="utf-8")
    assert run(["check", "session.toml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    for start in ("session.toml: trial:", "session.toml: trials: missing", "rig.toml: "):
        assert any(f"error: {start}" in line for line in lines), start
    assert any("search.1.high" in line for line in lines)


REFUSED = [
    (
        "no rig",
        'rig = "rig.toml"',
        'rig = "gone.toml"',
        "session.toml: rig: 'gone.toml' is no file",
    ),
    ("no TOML", "[sampler]", "[sampler", "session.toml: not TOML"),
    (
        "a stage that is searched",
        '"mirror.z5_nm"\nlow = -100\nhigh = 100',
        '"stage.x_um"\nlow = -10\nhigh = 10',
        "places the fields of view",
    ),
    ("an earlier session", "[sampler]", '[start]\nfrom = ["nobody"]\n[sampler]', "start.from"),
]


@pytest.mark.parametrize(("what", "word", "instead", "told"), REFUSED)
def test_it_says_what_run_says(
    capsys: pytest.CaptureFixture[str], what: str, word: str, instead: str, told: str
) -> None:
    Path("session.toml").write_text(SESSION.replace(word, instead), encoding="utf-8")
    assert run(["check", "session.toml"]) == 2
    checked = capsys.readouterr().err
    assert told in checked
    assert run(["run", "session.toml"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].partition(": ")[2] in checked


def test_a_real_rig_is_read_and_not_opened(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(plan: object) -> None:
        raise AssertionError("a device is opened")

    monkeypatch.setattr("hil.replay.rehearsal.checked.Rig", never)
    real = RIG.replace('kind = "sim.microscope"', 'kind = "epics"')
    Path("rig.toml").write_text(real, encoding="utf-8")
    assert run(["check", "session.toml"]) == 2
    told = capsys.readouterr()
    assert "rig.toml: driver.0." in told.err, "options of a driver are checked without it"
    assert "not asked" in told.out


def test_a_database_and_a_calibration_that_are_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    head, rest = RIG.split("[noise]\n")
    noise = '[noise]\ncalibration = "latest"\n\n[setup]' + rest.split("[setup]")[1]
    Path("rig.toml").write_text(head + noise, encoding="utf-8")
    assert run(["check", "session.toml", "--db", "sqlite:///none/hil.db"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert any("noise.calibration" in line for line in lines)
    assert any("there is no folder" in line for line in lines)
    assert not Path("none").exists()
