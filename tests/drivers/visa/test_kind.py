"""What is wrong with a table of an instrument is said before anything is opened."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hil
from drivers.errors import ConfigError
from drivers.visa.kind import KIND
from hil.cli.main import run

EXAMPLE = Path(__file__).parents[3] / "examples" / "visa"
POWER = {"name": "power_mw", "set": "POW {value:.1f}", "get": "POW?", "low": 0.0, "high": 50.0}


class Wrong(NamedTuple):
    name: str
    power: dict[str, Any]
    says: str


WRONG = [
    Wrong("no bounds", {"low": None}, "low and high are needed"),
    Wrong("bounds swapped", {"low": 60.0}, "not below high"),
    Wrong("no query", {"get": None}, "get"),
    Wrong("a command without its value", {"set": "POW 5"}, "{value}"),
    Wrong("another name in braces", {"set": "POW {power}"}, "{value}"),
    Wrong("digits of an integer for a float", {"set": "POW {value:d}"}, "POW {value:d}"),
    Wrong("an answer without group", {"answer": "P=.*"}, "has 0 groups, allowed: 1"),
    Wrong("a broken expression", {"answer": "P=(.*"}, "no regular expression"),
    Wrong("parked outside", {"park": 60.0}, "park = 60.0, allowed: 0 to 50"),
    Wrong("bounds and choices", {"choices": {"on": "1"}}, "either choices or low and high"),
    Wrong("half a settle", {"settle": {"query": "BUSY?"}}, "query and until go together"),
    Wrong("scale 0", {"scale": 0.0}, "scale = 0"),
    Wrong("misspelt", {"hgih": 5.0}, "hgih"),
    Wrong("two commands in one", {"set": "POW {value}\nFIRE"}, "holds a line's end"),
    Wrong("a query of two lines", {"get": "POW?\r"}, "holds a line's end"),
    Wrong("no ASCII", {"set": "POW {value} \u00b5W"}, "allowed: ASCII"),
    Wrong("inside of a value", {"set": "POW {value.__class__}"}, "{value}"),
    Wrong("a value of another kind", {"set": "POW {value!r}"}, "with its digits"),
    Wrong("digits of a language", {"set": "POW {value:n}"}, "with its digits"),
    Wrong("thousands apart", {"set": "POW {value:,.2f}"}, "with its digits"),
    Wrong("endless", {"set": "POW {value:>999999999}"}, "with its digits"),
    Wrong("rounded beyond", {"set": "POW {value:.0f}", "high": 49.6}, "make 50 of 49.6, beyond"),
    Wrong("halves", {"kind": "int", "set": "POW {value:d}", "scale": 0.5}, "POW {value:d}"),
    Wrong(
        "a choice of two lines",
        {"set": "P {value}", "low": None, "high": None, "choices": {"a": "1\nFIRE"}},
        "holds a line's end",
    ),
    Wrong(
        "no integer between",
        {"kind": "int", "set": "P {value:d}", "low": 0.2, "high": 0.8},
        "no integer from low = 0.2 to high = 0.8",
    ),
    Wrong("answers of no choices", {"reads": {"on": "1"}}, "reads goes with choices"),
    Wrong(
        "an answer of another choice",
        {
            "set": "M{value}",
            "low": None,
            "high": None,
            "choices": {"on": "O", "off": "F"},
            "reads": {"onn": "1"},
        },
        "reads: 'onn' is none of on, off",
    ),
    Wrong(
        "two choices answered the same",
        {
            "set": "M{value}",
            "low": None,
            "high": None,
            "choices": {"on": "O", "off": "F"},
            "reads": {"on": "F"},
        },
        "reads: two choices are answered the same",
    ),
    Wrong("a role that it cannot have", {"role": "preset"}, "allowed: light"),
]


class Manual(NamedTuple):
    table: str
    port: int
    moves: dict[str, Any]


MANUALS = [
    Manual("obis", 1, {"obis.power_mw": 12.5, "obis.emission": "on"}),
    Manual("esp301", 2, {"esp301.x_um": 1234.5}),
    Manual("ms2000", 3, {"ms2000.x_um": -55.5}),
]


@pytest.mark.parametrize("case", MANUALS, ids=lambda case: case.table)
def test_real_instruments_fit_in_twenty_lines(case: Manual) -> None:
    folder = EXAMPLE / "manuals"
    text = (folder / f"{case.table}.toml").read_text(encoding="utf-8")
    assert sum(bool(line) and line[0] != "#" for line in text.splitlines()) <= 20
    port = {"resource": f"ASRL{case.port}::INSTR", "library": "instruments.yaml@sim"}
    connection = KIND.open(KIND.options({"table": f"{case.table}.toml", **port}, folder))
    (device,) = connection.devices.values()
    device.start(case.moves)
    device.settle(5.0)
    assert {name: device.read(name) for name in case.moves} == pytest.approx(case.moves)
    connection.close()


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_setting_is_refused(case: Wrong) -> None:
    power = {k: v for k, v in {**POWER, **case.power}.items() if v is not None}
    table = {"resource": "ASRL1::INSTR", "label": "laser", "settings": [power]}
    with pytest.raises(Exception, match=r".") as caught:
        KIND.options(table, Path())
    assert case.says in str(caught.value)


def test_a_wrong_file_is_one_line_and_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (EXAMPLE / "laser.toml").read_text(encoding="utf-8").replace("high = 50\n", "", 1)
    (tmp_path / "laser.toml").write_text(text, encoding="utf-8")
    (tmp_path / "rig.toml").write_text(
        'name = "x"\n[[driver]]\nkind = "visa"\ntable = "laser.toml"\nresource = "ASRL1::INSTR"\n',
        encoding="utf-8",
    )
    assert run(["rig", "check", str(tmp_path / "rig.toml")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "driver.0.table: 'laser.toml', settings.0: low and high are needed" in line


@pytest.mark.parametrize("key", ["ends", "answers_end", "identify", "stop"])
def test_lines_are_ascii(key: str) -> None:
    table = {"resource": "ASRL1::INSTR", "label": "laser", "settings": [POWER], key: "\u00a7"}
    with pytest.raises(ValueError, match="allowed: ASCII"):
        KIND.options(table, Path())


@pytest.mark.parametrize("library", ["@py", "", "instruments.yaml@sim"])
def test_without_the_extra_one_line_names_it(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(sys.modules, "pyvisa", None)
    for backend in ("pyvisa_py", "pyvisa_sim"):  # they import it, and go with it
        monkeypatch.setitem(sys.modules, backend, None)
    table = {"resource": "ASRL1::INSTR", "label": "laser", "settings": [POWER], "library": library}
    with pytest.raises(ConfigError, match=r'pip install "hil-imaging\[visa\]"'):
        KIND.options(table, EXAMPLE)


@pytest.mark.parametrize(
    ("resource", "wanted"),
    [
        ("ASRL3::INSTR", "serial:COM3"),
        ("ASRL/dev/ttyUSB0::INSTR", "serial:/dev/ttyUSB0"),
        ("TCPIP::10.0.0.7::5025::SOCKET", "visa:TCPIP::10.0.0.7::5025::SOCKET"),
    ],
)
def test_a_line_is_held_by_one_process(resource: str, wanted: str) -> None:
    table = {"resource": resource, "label": "laser", "settings": [POWER]}
    assert KIND.resources(KIND.options(table, Path())) == (wanted,)


def test_digits_of_the_command_are_the_tolerance() -> None:
    table = {"resource": "ASRL3::INSTR", "label": "laser", "settings": [POWER]}
    (phrase,) = KIND.options(table, Path()).phrases
    assert 0.045 < phrase.setting.tolerance < 0.055


def test_the_example_is_checked_moved_and_parked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rig", "check", str(EXAMPLE / "rig.toml")]) == 0
    out = capsys.readouterr().out
    for words in ("laser.power_mw", "0 to 20", "tube.current_ua", "open, green, red", "24.85"):
        assert words in out
    with hil.load_rig(EXAMPLE / "rig.toml") as rig:
        assert rig.safety.park_steps == (
            {"laser.power_mw": 0},
            {"laser.emission": "off"},
            {"tube.voltage_kv": 0},
            {"tube.current_ua": 0},
        )
        moved = {"laser.power_mw": 12.3, "laser.emission": "on", "stage.x_um": -40.0}
        assert rig.apply(moved) == pytest.approx(moved)
        assert rig.apply({"tube.voltage_kv": 80.0})["tube.voltage_kv"] == 80.0
        rig.park()
        assert rig.read("laser.emission", "tube.voltage_kv") == {
            "laser.emission": "off",
            "tube.voltage_kv": 0.0,
        }


def test_a_table_of_an_editor_on_windows_is_read_and_what_is_no_toml_is_told(
    tmp_path: Path,
) -> None:
    text = (EXAMPLE / "laser.toml").read_text(encoding="utf-8")
    (tmp_path / "laser.toml").write_text(text, encoding="utf-8-sig")
    KIND.options({"table": "laser.toml", "resource": "ASRL1::INSTR"}, tmp_path)
    for wrong in (f"high = {'9' * 5000}", f"high = {'[' * 100_000}"):
        (tmp_path / "laser.toml").write_text(wrong, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"table: 'laser\.toml': "):
            KIND.options({"table": "laser.toml", "resource": "ASRL1::INSTR"}, tmp_path)
