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


def opened(soft: SoftInstrument, **changes: Any) -> Any:
    table = {
        "resource": soft.resource,
        "label": "laser",
        "timeout_s": 0.25,
        "settings": [POWER | changes.pop("power", {})],
        **changes,
    }
    return KIND.open(KIND.options(table, Path()))


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
