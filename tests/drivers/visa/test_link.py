"""How instruments end, begin and repeat what they say: each table as its manual has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from drivers.errors import DeviceFault
from drivers.visa.kind import KIND
from tests.drivers.visa.soft import Answer, soft_instrument

TABLE: dict[str, Any] = {
    "label": "box",
    "timeout_s": 0.5,
    "answers_end": "\r\n",
    "settings": [
        {"name": "x_um", "set": "X {value:.2f}", "get": "X?", "low": 0, "high": 50},
    ],
}


def said(before: str, number: str, after: str, told: str = "") -> Callable[[str], Answer]:
    """Answer ``X?`` by the number that was set, with something before and behind; `told` to it."""
    state = {"x": 1.5}

    def answer(line: str) -> Answer:
        if line == "X?":
            text = before + number.format(state["x"]) + after
            return text.replace("{line}", line).encode("latin-1")
        state["x"] = float(line.split()[1])
        return told.replace("{line}", line).encode("latin-1")

    return answer


class Dialect(NamedTuple):
    name: str
    answer: Callable[[str], Answer]
    table: Mapping[str, Any] = MappingProxyType({})
    setting: Mapping[str, Any] = MappingProxyType({})


DIALECTS = [
    Dialect("an empty line first", said("\r\n", "{:.2f}", "\r\n", "\r\n")),
    Dialect("line feed first", said("", "{:.2f}", "\n\r"), {"answers_end": "\n\r"}),
    Dialect(
        "a prompt, and blanks in the answer",
        said("", "{:.2f} um", "\r\n> ", "\r\n> "),
        {"answers_end": "\r\n> "},
        {"reply": ""},
    ),
    Dialect(
        "an echo, several lines and a prompt",
        said("{line}\r\n", "CH1, X: 9.9 um\r\nCH2, X: {:.2f} um", "\r\n\r\n[OK]\r\nCMD> "),
        {"answers_end": "CMD> ", "echo": True},
        {"answer": r"(?s).*CH2, X: (.*?) um.*"},
    ),
    Dialect("a micro sign", said("", "{:.2f} \u00b5m", "\r\n")),
    Dialect("a micro sign in two bytes", said("", "{:.2f} \u00c2\u00b5m", "\r\n")),
    Dialect("spelt out", said("", "{:.2f} microns", "\r\n")),
    Dialect(
        "a table of a serial line, behind a socket",
        said("", "{:.2f}", "\r\n"),
        {"serial": {"baud_rate": 115200}},
    ),
]


@pytest.mark.parametrize("case", DIALECTS, ids=lambda case: case.name)
def test_a_setting_goes_over_the_wire_and_back(case: Dialect) -> None:
    with soft_instrument(case.answer) as soft:
        table: dict[str, Any] = {**TABLE, **case.table, "resource": soft.resource}
        table["settings"] = [{**TABLE["settings"][0], **case.setting}]
        connection = KIND.open(KIND.options(table, Path()))
        box = connection.devices["box"]
        for value in (1.5, 2.25, 50.0):
            if value != 1.5:
                box.start({"box.x_um": value})
                box.settle(5.0)
            assert box.read("box.x_um") == value
        connection.close()


def test_an_answer_that_ends_otherwise_is_told_with_what_came() -> None:
    with soft_instrument(said("", "{:.2f}", "\n")) as soft:
        options = KIND.options({**TABLE, "resource": soft.resource}, Path())
        with pytest.raises(DeviceFault) as caught:
            KIND.open(options)
    assert "no answer to 'X?' within 0.5 s" in str(caught.value)
    assert r"'1.50\n' came, which does not end in answers_end, '\r\n'" in str(caught.value)


def test_an_answer_before_is_not_said_of_a_command_that_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pyvisa = pytest.importorskip("pyvisa")
    from pyvisa.resources import MessageBasedResource

    with soft_instrument(said("", "{:.2f}", "\r\n")) as soft:
        connection = KIND.open(KIND.options({**TABLE, "resource": soft.resource}, Path()))
        assert connection.devices["box"].read("box.x_um") == 1.5

        def late(*_: Any, **__: Any) -> int:
            raise pyvisa.errors.VisaIOError(pyvisa.constants.StatusCode.error_timeout)

        monkeypatch.setattr(MessageBasedResource, "write", late)
        with pytest.raises(DeviceFault) as caught:
            connection.devices["box"].read("box.x_um")
        assert "1.50" not in str(caught.value)
        monkeypatch.undo()
        connection.close()
