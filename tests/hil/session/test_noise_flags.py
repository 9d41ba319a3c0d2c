"""Cameras and lamps that are not what the rig file says, in sessions from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import hil
from hil.cli.runs import summarise
from hil.errors import InputError
from hil.session.assess import check_estimator
from hil.spec import load_session_file
from tests.hil.small_session import BY_DEFAULT, RIG

WRONG = {"noise_mismatch", "noise_correlated"}
EIGHT_FIELDS = BY_DEFAULT.replace("columns = 2, rows = 2", "columns = 4, rows = 2")


class Case(NamedTuple):
    says: str
    option: str
    flags: set[str]


CASES = [
    Case("as the rig file says", "", set()),
    Case("a lamp that flickers by 1 %", "lamp_flicker = 0.01", {"noise_mismatch"}),
    Case("EM gain", "em_gain = 2.0", {"noise_mismatch"}),
    Case("row noise", "row_noise_e = 10.0", {"noise_correlated"}),
    Case("2 x 2 smoothing in the camera", "smoothing = true", WRONG),
    Case("gain 5 % lower than in the rig file", "gain_e_per_adu = 0.475", {"noise_mismatch"}),
    Case("two gains, merged", "low_gain_from_e = 800.0", {"noise_mismatch"}),
]


def ran(folder: Path, option: str, session: str, trials: int = 1) -> tuple[hil.SessionResult, str]:
    rig = RIG.replace("seed = 1", f"seed = 1\n{option}")
    rig = rig.replace("= 64", "= 128").replace("scene_um = 60", "scene_um = 80")
    rig = rig.replace('power_mw" = 1.0', 'power_mw" = 10.0\n"camera.exposure_ms" = 50.0')
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    (folder / "session.toml").write_text(session, encoding="utf-8")
    url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
    return hil.run_session(folder / "session.toml", url, trials=trials), url


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_what_repeats_show_stands_with_the_trial_and_in_the_summary(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result, url = ran(tmp_path, case.option, EIGHT_FIELDS)
    assert set(result.flags) & WRONG == case.flags
    assert result.noise_checked
    with hil.open_database(url) as database:
        assert set(database.trials("last")["flags"][0]) & WRONG == case.flags
        for flag in WRONG:
            found = database.trials("last", where=[f"flags = {flag}"])
            assert len(found) == (flag in case.flags)
    summarise(result)
    said = capsys.readouterr().out
    assert "not checked" not in said
    for flag in WRONG:
        assert (f"flag      {flag}: 1 of 1 trials" in said) == (flag in case.flags)


def test_a_trial_whose_number_is_wrong_by_its_flags_is_kept_and_never_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result, url = ran(tmp_path, "gain_e_per_adu = 0.475", EIGHT_FIELDS, trials=2)
    assert (result.n_complete, result.n_barred, result.best) == (2, 2, None)
    with hil.open_database(url) as database:
        assert (database.trials("last")["state"] == "COMPLETE").all()
        rows = database.rows(result.session_id)
    assert [row.constraints["flags"] for row in rows] == [1.0, 1.0]
    summarise(result)
    said = capsys.readouterr().out
    assert "best      none" in said
    assert "barred    2 of 2 trials" in said


def test_a_session_may_let_a_flag_win(tmp_path: Path) -> None:
    allowed = EIGHT_FIELDS + '\n[constraints]\nallow_flags = ["noise_mismatch"]\n'
    result, _ = ran(tmp_path, "gain_e_per_adu = 0.475", allowed)
    assert result.n_barred == 0
    assert result.best is not None and result.best.number == 0


def test_a_flag_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    asked = BY_DEFAULT + '\n[constraints]\nallow_flags = ["noise_mismatched"]\n'
    (tmp_path / "session.toml").write_text(asked, encoding="utf-8")
    with pytest.raises(
        InputError, match=r"constraints\.allow_flags.*noise_mismatched.*noise_mismatch"
    ):
        load_session_file(tmp_path / "session.toml")


def test_a_session_without_repeats_says_that_it_could_not_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once = BY_DEFAULT.replace("repeats = 2", "repeats = 1")
    result, _ = ran(tmp_path, "gain_e_per_adu = 0.475", once)
    assert not result.noise_checked
    summarise(result)
    assert "noise     not checked: repeats = 1" in capsys.readouterr().out


def test_what_all_fields_share_is_taken_off_if_the_session_says_so(tmp_path: Path) -> None:
    asked = EIGHT_FIELDS + "\n[estimator]\nsubtract_pattern = true\n"
    bits, patterns = {}, {}
    for number, (option, session) in enumerate(
        (("", EIGHT_FIELDS), ("gain_sd = 0.03", EIGHT_FIELDS), ("gain_sd = 0.03", asked))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        result, url = ran(folder, option, session)
        with hil.open_database(url) as database:
            estimate = database.estimates("last").iloc[0]
        bits[number] = estimate["bits_per_pixel"]
        patterns[number] = estimate["details"].get("subtracted_pattern_bits", 0.0)
        assert ("fixed_pattern" in result.flags) == (number > 0), "what is left is to be looked at"
    assert bits[1] - bits[0] > 0.2, "pixels that differ pass for information"
    assert patterns[0] == patterns[1] == 0 < patterns[2]
    # what multiplies the light shows in the mean over fields only as far as the mean light goes
    assert abs(bits[2] - bits[0]) < 0.5 * abs(bits[1] - bits[0])


@pytest.mark.parametrize(
    ("session", "problem"),
    [
        (BY_DEFAULT + "\n[estimator]\nsubtract_pattern = true\n", "4 fields of view, needed: 8"),
        (
            EIGHT_FIELDS + '\n[estimator]\nkind = "gaussian"\nsubtract_pattern = true\n',
            "allowed: copula, predictive, stationary",
        ),
    ],
    ids=["few fields", "another family"],
)
def test_a_pattern_that_could_not_be_told_from_scenes_is_not_taken_off(
    session: str, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(session, encoding="utf-8")
    with pytest.raises(InputError, match=f"estimator.subtract_pattern: .*{problem}"):
        check_estimator(load_session_file(tmp_path / "session.toml"))
