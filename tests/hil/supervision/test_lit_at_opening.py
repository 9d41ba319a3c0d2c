"""A lamp that lights itself at its opening goes dark where an error comes before anything moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.calibration.calibrate import calibrate_rig
from hil.errors import HilError, InputError, NotParked, RigError
from hil.rig.driver_kinds import BUILT_IN
from hil.session.run import run_session
from tests.hil.planted_rig import LIT, RIG, ask_for, lit_mw
from tests.hil.small_session import SESSION

# The lamp's driver comes first, and is open when the other one fails.
LAMP_FIRST = RIG.replace("planted.microscope", "x").replace("planted.lamp", "planted.microscope")
LAMP_FIRST = LAMP_FIRST.replace('"x"', '"planted.lamp"').replace("open_timeout_s = 8", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("lamp", "microscope"):
        monkeypatch.setitem(BUILT_IN, f"planted.{name}", f"tests.hil.planted_rig:{name.upper()}")
    (tmp_path / "rig.toml").write_text(LAMP_FIRST, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION, encoding="utf-8")
    (tmp_path / "lamp.txt").write_text("1.0 5.0\n", encoding="utf-8")
    return tmp_path


def run(folder: Path) -> None:
    run_session(folder / "session.toml", f"sqlite:///{(folder / 'hil.db').as_posix()}")


@pytest.mark.parametrize("call", ["microscope open", "stage read", "light read"])
@pytest.mark.parametrize("how", ["fails", "hangs"])
def test_an_error_before_anything_moves_leaves_it_dark(call: str, how: str, folder: Path) -> None:
    if call == "microscope open" and how == "hangs":
        (folder / "rig.toml").write_text(f"open_timeout_s = 0.5\n{LAMP_FIRST}", encoding="utf-8")
    ask_for(folder, f"{call} {how}")
    with pytest.raises(HilError) as caught:
        run(folder)
    assert not isinstance(caught.value, InputError)
    assert lit_mw(folder) == 0.0
    assert not isinstance(caught.value, NotParked) or LIT not in caught.value.problems


def test_a_lamp_that_does_not_answer_is_named(folder: Path) -> None:
    ask_for(folder, "lamp read fails")
    ask_for(folder, "microscope open fails")
    with pytest.raises(NotParked, match=rf"{LIT}.*, after: .*microscope") as caught:
        run(folder)
    assert isinstance(caught.value.__cause__, RigError)


def test_an_interrupt_while_drivers_are_opened_leaves_it_dark(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hil.session.run.take_baseline", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(folder)
    assert lit_mw(folder) == 0.0


def test_who_wrote_something_wrong_finds_all_as_it_was(folder: Path) -> None:
    wrong = SESSION.replace("focus.z_um", "focus.y_um")
    (folder / "session.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(InputError, match="focus"):
        run(folder)
    assert lit_mw(folder) == 5.0


def test_other_commands_do_so_too(folder: Path) -> None:
    table = '[calibrate]\ndark = { set = { "light.power_mw" = 0 } }\nvary = { setting ='
    table += ' "camera.exposure_ms", low = 2, high = 50, points = 6 }\n'
    (folder / "rig.toml").write_text(f"{LAMP_FIRST}\n{table}", encoding="utf-8")
    ask_for(folder, "microscope open fails")
    with pytest.raises(RigError):
        calibrate_rig(folder / "rig.toml", f"sqlite:///{(folder / 'hil.db').as_posix()}")
    assert lit_mw(folder) == 0.0
