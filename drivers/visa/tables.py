"""What a ``[[driver]]`` table of kind ``"visa"`` may say."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from drivers.protocol import Role
from drivers.types import Value

Number = Annotated[float, Field(allow_inf_nan=False)]


def one_line(text: str) -> str:
    """Refuse what would be two commands, or no command: the line's end is added when it is sent."""
    if "\n" in text or "\r" in text:
        raise ValueError(f"{text!r} holds a line's end, which `ends` adds; one command each")
    return ascii_only(text)


def ascii_only(text: str) -> str:
    """Refuse what goes over no line as it stands."""
    if not text.isascii():
        raise ValueError(f"{text!r}, allowed: ASCII")
    return text


Command = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(one_line)]


def _pattern(text: str, key: str, groups: int | None = None) -> None:
    try:
        found = re.compile(text)
    except re.error as error:
        raise ValueError(f"{key} = {text!r} is no regular expression: {error}") from None
    if groups is not None and found.groups != groups:
        raise ValueError(f"{key} = {text!r} has {found.groups} groups, allowed: {groups}")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SettleSpec(_Table):
    """When a setting has come to rest.

    Parameters
    ----------
    query, until
        Asked again and again until the whole answer matches this regular expression.
    within
        Instead: until the setting reads this near to its target, in its unit.
    every_ms
        How often.
    """

    query: Command | None = None
    until: str | None = None
    within: Annotated[Number, Field(gt=0)] | None = None
    every_ms: Annotated[Number, Field(ge=1, le=10_000)] = 50.0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.query is None) != (self.until is None):
            raise ValueError("query and until go together")
        if (self.query is None) == (self.within is None):
            raise ValueError("give either query and until, or within")
        if self.until is not None:
            _pattern(self.until, "until")
        return self


class SpokenSetting(_Table):
    """One setting.

    Parameters
    ----------
    name
        With its unit at the end where it has one: ``"power_mw"``.
    unit
        Where the name does not say it.
    kind
        ``"float"`` or ``"int"``; with `choices` it is neither.
    set
        The command, with ``{value}`` or, to say how many digits, ``{value:.3f}``; without it the
        setting is read-only.
    get
        The query that reads it.
    answer
        A regular expression for the whole answer, whose one group is the value; without it the
        answer is the value, a number perhaps with a unit behind it.
    scale
        What the instrument says is `scale` times the setting: 0.001 for W where the setting is mW.
    low, high
        Bounds, inclusive; needed by numbers that are set.
    choices
        Instead: for each name, what the instrument is told, and answers.
    reads
        What it answers, for choices that it answers in other words than those that it is told.
    tolerance
        How far a read-back may lie off; without it, what the digits of `set` round.
    role
        ``"light"``, ``"position"``, ``"exposure"`` or ``"other"``.
    park
        The value that parks it, where the rig file has no ``[[park]]``.
    reply
        A regular expression for what the instrument answers to the command, if it does.
    settle
        When it has come to rest; at once without it.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]
    unit: str | None = None
    kind: Literal["float", "int"] = "float"
    set: Command | None = None
    get: Command
    answer: str | None = None
    scale: Number = 1.0
    low: Number | None = None
    high: Number | None = None
    choices: Annotated[dict[str, str], Field(min_length=1)] | None = None
    reads: Annotated[dict[str, str], Field(min_length=1)] | None = None
    tolerance: Annotated[Number, Field(ge=0)] | None = None
    role: Role = "other"
    park: Value | None = None
    reply: str | None = None
    settle: SettleSpec | None = None

    @property
    def answers(self) -> dict[str, str]:
        """What the instrument answers for each choice."""
        return {**(self.choices or {}), **(self.reads or {})}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.answer is not None:
            _pattern(self.answer, "answer", 1)
        if self.reply is not None:
            _pattern(self.reply, "reply")
        if self.role in ("preset", "binning", "region"):
            raise ValueError(f"role = {self.role!r}, allowed: light, position, exposure, other")
        if self.scale == 0:
            raise ValueError("scale = 0, allowed: any other number")
        if self.reads is not None and self.choices is None:
            raise ValueError("reads goes with choices")
        if self.choices is not None:
            self._check_choices()
        elif self.set is not None:
            self._check_number()
        elif self.park is not None or self.settle is not None or self.reply is not None:
            raise ValueError("park, settle and reply go with set")
        return self

    def _check_choices(self) -> None:
        assert self.choices is not None
        if self.low is not None or self.high is not None:
            raise ValueError("give either choices or low and high")
        if len(set(self.choices.values())) < len(self.choices):
            raise ValueError("choices: two of them are the same to the instrument")
        if unknown := set(self.reads or ()) - set(self.choices):
            raise ValueError(f"reads: {min(unknown)!r} is none of {', '.join(self.choices)}")
        if len(set(self.answers.values())) < len(self.choices):
            raise ValueError("reads: two choices are answered the same")
        if self.settle is not None and self.settle.within is not None:
            raise ValueError("settle.within goes with numbers")
        if self.park is not None and self.park not in self.choices:
            raise ValueError(f"park = {self.park!r}, allowed: one of {', '.join(self.choices)}")

    def _check_number(self) -> None:
        if self.low is None or self.high is None:
            raise ValueError("low and high are needed: what may be asked of the instrument")
        if self.low >= self.high:
            raise ValueError(f"low = {self.low:g} is not below high = {self.high:g}")
        if self.kind == "int" and math.floor(self.high) < math.ceil(self.low):
            raise ValueError(f"no integer from low = {self.low:g} to high = {self.high:g}")
        if self.park is None:
            return
        if isinstance(self.park, str) or not self.low <= self.park <= self.high:
            raise ValueError(f"park = {self.park!r}, allowed: {self.low:g} to {self.high:g}")


class ErrorTable(_Table):
    """How the instrument tells that it did not take a command; asked after each.

    Parameters
    ----------
    query
        ``"SYST:ERR?"``.
    ok
        A regular expression for the whole answer that means that there is none.
    """

    query: Command
    ok: str = r"\+?0\b.*"

    @model_validator(mode="after")
    def _readable(self) -> Self:
        _pattern(self.ok, "ok")
        return self


class SerialTable(_Table):
    """A serial line.

    Parameters
    ----------
    baud_rate, data_bits, stop_bits, parity
        As the manual says.
    """

    baud_rate: Annotated[int, Field(ge=50, le=10_000_000)] = 9600
    data_bits: Literal[5, 6, 7, 8] = 8
    stop_bits: Literal[1, 2] = 1
    parity: Literal["none", "odd", "even", "mark", "space"] = "none"


class InstrumentTable(_Table):
    """An instrument.

    Parameters
    ----------
    resource
        Its VISA name: ``"ASRL3::INSTR"``, ``"ASRL/dev/ttyUSB0::INSTR"``,
        ``"TCPIP::192.168.0.7::5025::SOCKET"``, ``"USB0::0x1313::...::INSTR"``.
    library
        Of VISA: ``"@py"`` needs none beside the extra; a path, or empty for the one installed.
    label
        Of the device.
    settings
        What is set and read.
    identify, expect
        Asked when it is opened, and a regular expression that is found in the answer.
    begin
        Commands sent when it is opened, before anything is read: remote control, motors on.
    errors
        How it tells of errors.
    stop
        The command that stops any motion.
    ends, answers_end
        What ends a command and an answer.
    timeout_s
        How long an answer may take.
    echo
        Whether it sends back what it is sent, before its answer.
    serial
        Where it is a serial line.
    """

    resource: Annotated[str, Field(min_length=1)]
    library: str = "@py"
    label: Annotated[str, Field(min_length=1)]
    settings: Annotated[tuple[SpokenSetting, ...], Field(min_length=1, strict=False)]
    identify: Command | None = None
    expect: str | None = None
    begin: Annotated[tuple[Command, ...], Field(strict=False)] = ()
    errors: ErrorTable | None = None
    stop: Command | None = None
    ends: Annotated[str, AfterValidator(ascii_only)] = "\n"
    answers_end: Annotated[str, Field(min_length=1), AfterValidator(ascii_only)] = "\n"
    timeout_s: Annotated[Number, Field(gt=0, le=600)] = 2.0
    echo: bool = False
    serial: SerialTable | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [setting.name for setting in self.settings]
        if len(set(names)) < len(names):
            raise ValueError("settings: a name is given twice")
        if self.expect is not None:
            _pattern(self.expect, "expect")
            if self.identify is None:
                raise ValueError("expect goes with identify")
        return self
