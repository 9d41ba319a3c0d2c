"""Time-outs, garbage, split answers and lost links, on loopback."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from drivers.errors import (
    DeviceFault,
    DeviceLost,
    DriverError,
    NotReached,
    SettleTimeout,
    ValueRefused,
)
from drivers.visa.kind import KIND
from tests.drivers.visa.soft import Answer, SoftInstrument, soft_instrument

POWER = {
    "name": "power_mw",
    "set": "POW {value:.2f}",
    "get": "POW?",
    "low": 0.0,
    "high": 50.0,
    "role": "light",
}


class Laser:
    """Holds a power; `odd` answers go before its own."""

    def __init__(self) -> None:
        self.power = 0.0
        self.odd: dict[str, Answer] = {}
        self.errors: list[str] = []

    def __call__(self, line: str) -> Answer:
        if line in self.odd:
            return self.odd[line]
        if line.startswith("POW "):
            self.power = float(line[4:])
            return b""
        if line == "POW?":
            return f"{self.power:.2f}\n".encode()
        if line == "ERR?":
            return (self.errors.pop(0) if self.errors else "0,none").encode() + b"\n"
        return b""


def test_what_it_begins_with_is_sent_once_before_anything_is_read() -> None:
    laser = Laser()
    with soft_instrument(laser) as soft:
        device = opened(soft, begin=["SYST:REM", "MODE 1"], identify="ERR?").devices["laser"]
        device.read("laser.power_mw")
        assert soft.heard == ["ERR?", "SYST:REM", "MODE 1", "POW?"]


def test_choices_may_be_answered_in_other_words_than_they_are_told() -> None:
    told = {"name": "motor", "set": "1M{value}", "get": "1MO?", "choices": {"on": "O", "off": "F"}}
    laser = Laser()
    laser.odd = {"1MO": b"", "1MF": b"", "1MO?": b"1\n"}
    with soft_instrument(laser) as soft:
        settings = [{**told, "reads": {"on": "1", "off": "0"}}]
        device = opened(soft, settings=settings).devices["laser"]
        for choice, answer in (("on", b"1\n"), ("off", b"0\n")):
            device.start({"laser.motor": choice})
            laser.odd["1MO?"] = answer
            assert device.read("laser.motor") == choice
        assert [line for line in soft.heard if line != "1MO?"] == ["1MO", "1MF"]
        laser.odd["1MO?"] = b"F\n"
        with pytest.raises(DeviceFault, match=r"gave 'F', allowed: 1, 0"):
            device.read("laser.motor")


def test_what_it_begins_with_and_does_not_take_is_told() -> None:
    laser = Laser()
    laser.errors = ["-113,undefined header"]
    with (
        soft_instrument(laser) as soft,
        pytest.raises(DeviceFault, match=r"'SYST:RME': the instrument says -113,undefined"),
    ):
        opened(soft, begin=["SYST:RME"], errors={"query": "ERR?"})


def opened(soft: SoftInstrument, **changes: Any) -> Any:
    table = {
        "resource": soft.resource,
        "label": "laser",
        "timeout_s": 0.25,
        "settings": [POWER | changes.pop("power", {})],
        **changes,
    }
    connection = KIND.open(KIND.options(table, Path()))
    soft.connections.append(connection)
    return connection


def test_what_is_set_is_read() -> None:
    with soft_instrument(Laser()) as soft:
        laser = opened(soft).devices["laser"]
        laser.start({"laser.power_mw": 12.5})
        laser.settle(1.0)
        assert laser.read("laser.power_mw") == 12.5
        assert soft.heard == ["POW?", "POW 12.50", "POW?"]
        with pytest.raises(ValueRefused):
            laser.start({"laser.power_mw": 50.1})
        assert len(soft.heard) == 3


def test_split_answers_are_put_together() -> None:
    instrument = Laser()
    instrument.odd["POW?"] = ((0.0, b"1"), (0.05, b"2."), (0.05, b"25 mW"), (0.05, b"\n"))
    with soft_instrument(instrument) as soft:
        assert opened(soft).devices["laser"].read("laser.power_mw") == 12.25


class Odd(NamedTuple):
    name: str
    answer: Answer
    says: str


ODD = [
    Odd("words", b"READY\n", "gave 'READY', allowed: a number"),
    Odd("empty", b"\n", "allowed: a number"),
    Odd("two numbers", b"1.0,2.0\n", "allowed: a number"),
    Odd("not a number", b"nan\n", "allowed: a number"),
    Odd("infinite", b"1e999\n", "allowed: a number"),
    Odd("not text", b"\xff\xfe\x80\n", "no text"),
    Odd("control characters", b"\x00\x01\x02\n", "no text"),
    Odd("nothing", b"", "no answer to 'POW?' within 0.25 s"),
    Odd("half an answer", b"12.", "no answer to 'POW?' within 0.25 s"),
]


@pytest.mark.parametrize("case", ODD, ids=lambda case: case.name)
def test_nonsense_is_a_fault_and_the_next_answer_is_right(case: Odd) -> None:
    instrument = Laser()
    instrument.power = 7.0
    with soft_instrument(instrument) as soft:
        laser = opened(soft).devices["laser"]
        instrument.odd["POW?"] = case.answer
        began = time.monotonic()
        with pytest.raises(DeviceFault) as caught:
            laser.read("laser.power_mw")
        assert time.monotonic() - began < 2.0
        assert case.says in str(caught.value)
        assert "\n" not in str(caught.value)
        instrument.odd.clear()
        assert laser.read("laser.power_mw") == 7.0


def test_a_late_answer_is_not_taken_for_that_of_the_next_question() -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        laser = opened(soft).devices["laser"]
        instrument.odd["POW?"] = ((0.4, b"49.00\n"),)
        with pytest.raises(DeviceFault, match="no answer"):
            laser.read("laser.power_mw")
        instrument.odd.clear()
        instrument.power = 3.0
        time.sleep(0.3)
        assert laser.read("laser.power_mw") == 3.0


def test_a_link_that_is_lost_is_told_at_once_and_for_good() -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        connection = opened(soft)
        instrument.odd["POW?"] = None
        laser = connection.devices["laser"]
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(DriverError):
                laser.read("laser.power_mw")
            assert time.monotonic() - began < 2.0
        laser.stop()
        connection.close()
        with pytest.raises(DeviceLost):
            laser.read("laser.power_mw")


def test_nobody_there_is_one_line() -> None:
    with soft_instrument(Laser()) as soft:
        resource = soft.resource
    table = {"resource": resource, "label": "laser", "settings": [POWER]}
    with pytest.raises(DriverError) as caught:
        KIND.open(KIND.options(table, Path()))
    assert "\n" not in str(caught.value)


def test_another_instrument_is_refused() -> None:
    instrument = Laser()
    instrument.odd["*IDN?"] = b"ACME STAGE\n"
    with soft_instrument(instrument) as soft, pytest.raises(DeviceFault, match="ACME STAGE"):
        opened(soft, identify="*IDN?", expect="LASER")


def test_errors_of_the_instrument_fail_the_command_and_are_read_to_the_end() -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        laser = opened(soft, errors={"query": "ERR?"}).devices["laser"]
        instrument.errors = ["-222,Data out of range", "-350,Queue overflow"]
        with pytest.raises(DeviceFault, match="-222,Data out of range"):
            laser.start({"laser.power_mw": 5.0})
        assert instrument.errors == []
        laser.start({"laser.power_mw": 6.0})


@pytest.mark.parametrize(("reply", "good"), [(b"OK\n", True), (b"BUSY\n", False), (b"", False)])
def test_a_reply_is_waited_for_and_compared(reply: bytes, good: bool) -> None:
    instrument = Laser()
    instrument.odd["POW 5.00"] = reply
    with soft_instrument(instrument) as soft:
        laser = opened(soft, power={"reply": "OK"}).devices["laser"]
        if good:
            laser.start({"laser.power_mw": 5.0})
        else:
            with pytest.raises(DeviceFault):
                laser.start({"laser.power_mw": 5.0})


def test_it_rests_when_it_says_so_and_is_stopped_when_it_never_does() -> None:
    instrument = Laser()
    instrument.odd["BUSY?"] = b"1\n"
    settle = {"query": "BUSY?", "until": "0", "every_ms": 5.0}
    with soft_instrument(instrument) as soft:
        laser = opened(soft, stop="HALT", power={"settle": settle}).devices["laser"]
        laser.start({"laser.power_mw": 5.0})
        with pytest.raises(SettleTimeout, match=r"laser.power_mw did not settle at 5.0 mw"):
            laser.settle(0.05)
        assert "HALT" in soft.heard
        instrument.odd["BUSY?"] = b"0\n"
        laser.start({"laser.power_mw": 6.0})
        laser.settle(1.0)


def test_a_stop_ends_the_wait() -> None:
    instrument = Laser()
    instrument.odd["POW?"] = b"0.0\n"
    with soft_instrument(instrument) as soft:
        laser = opened(soft, power={"settle": {"within": 0.1}}).devices["laser"]
        laser.start({"laser.power_mw": 5.0})
        laser.stop()
        with pytest.raises(NotReached):
            laser.settle(30.0)


def test_an_answer_that_comes_much_later_is_thrown_away_too() -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        laser = opened(soft).devices["laser"]
        instrument.odd["POW?"] = ((0.4, b"49.00\n"),)
        with pytest.raises(DeviceFault, match="no answer"):
            laser.read("laser.power_mw")
        instrument.odd.clear()
        instrument.power = 3.0
        assert laser.read("laser.power_mw") == 3.0


def test_one_that_says_who_it_is_is_asked_so_until_answers_are_in_step() -> None:
    instrument = Laser()
    instrument.odd["*IDN?"] = b"ACME LASER\n"
    with soft_instrument(instrument) as soft:
        laser = opened(soft, identify="*IDN?").devices["laser"]
        instrument.odd["POW?"] = ((0.4, b"49.00\n"),)
        with pytest.raises(DeviceFault, match="no answer"):
            laser.read("laser.power_mw")
        instrument.odd["POW?"] = b"3.00\n"
        assert laser.read("laser.power_mw") == 3.0
        assert laser.read("laser.power_mw") == 3.0


def test_what_nobody_asked_for_is_never_an_answer() -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        laser = opened(soft).devices["laser"]
        instrument.odd["POW?"] = b"1.00\nINTERLOCK CLOSED\n"
        assert laser.read("laser.power_mw") == 1.0
        instrument.odd["POW?"] = b"2.00\n"
        assert laser.read("laser.power_mw") == 2.0
        instrument.odd["POW 5.00"] = ((0.05, b"OK\n"),)  # which the table does not tell of
        laser.start({"laser.power_mw": 5.0})
        with pytest.raises(DeviceFault, match="gave 'OK', allowed: a number"):
            laser.read("laser.power_mw")
        assert laser.read("laser.power_mw") == 2.0


def test_a_greeting_is_not_who_it_is() -> None:
    class Greeting(SoftInstrument):
        def _talk(self, wire: Any) -> None:
            wire.sendall(b"Welcome to ACME\r\n")
            super()._talk(wire)

    instrument = Laser()
    instrument.odd["*IDN?"] = b"ACME LASER\n"
    soft = Greeting(instrument)
    try:
        laser = opened(soft, identify="*IDN?", expect="LASER").devices["laser"]
        assert laser.identity() == {"identification": "ACME LASER"}
    finally:
        soft.close()


def test_an_echo_is_told_and_read_past_where_the_table_says_so() -> None:
    laser = Laser()

    def echoing(line: str) -> Answer:
        answer = laser(line)
        assert isinstance(answer, bytes)
        return line.encode() + b"\r\n" + answer

    with soft_instrument(echoing) as soft:
        with pytest.raises(DeviceFault, match="echo = true"):
            opened(soft)
    with soft_instrument(echoing) as soft:
        device = opened(soft, echo=True).devices["laser"]
        for value in (12.5, 3.0):
            device.start({"laser.power_mw": value})
            assert device.read("laser.power_mw") == value


SAID = [
    Odd("its unit", b"5.0 mW\n", "5.0"),
    Odd("shouted", b"5.0 MW\n", "5.0"),
    Odd("a larger unit", b"0.005 W\n", "5.0"),
    Odd("a smaller unit", b"5000 uW\n", "5.0"),
    Odd("another quantity", b"5.0 V\n", "allowed: a number in mw"),
    Odd("a comma", b"5,0\n", "allowed: a number"),
    Odd("thousands", b"1,234.5\n", "allowed: a number"),
    Odd("overflow", b"9.9E37\n", "no number, or one out of range"),
    Odd("no number", b"+9.91000E+37\n", "no number, or one out of range"),
    Odd("negative overflow", b"-9.9E+37\n", "no number, or one out of range"),
]


@pytest.mark.parametrize("case", SAID, ids=lambda case: case.name)
def test_units_and_numbers_are_taken_for_what_they_are(case: Odd) -> None:
    instrument = Laser()
    with soft_instrument(instrument) as soft:
        laser = opened(soft).devices["laser"]
        instrument.odd["POW?"] = case.answer
        if case.says == "5.0":
            assert laser.read("laser.power_mw") == pytest.approx(5.0)
        else:
            with pytest.raises(DeviceFault) as caught:
                laser.read("laser.power_mw")
            assert case.says in str(caught.value)
