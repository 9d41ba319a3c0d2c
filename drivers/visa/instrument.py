"""An instrument whose settings a table describes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence

from drivers.asked import AskedDevice
from drivers.errors import DeviceFault
from drivers.types import Value
from drivers.visa.link import VisaLink
from drivers.visa.phrases import Phrases
from drivers.visa.tables import InstrumentTable

# How long a stop waits for the wire.
_STOP_S = 0.3
# Entries of the instrument's error queue that are read at most.
_MOST_ERRORS = 20


class Instrument(AskedDevice):
    """A device behind a link.

    Parameters
    ----------
    table
        What the rig file says of it.
    phrases
        Of its settings.
    link
        Open, and used by nobody else.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        table: InstrumentTable,
        phrases: Sequence[Phrases],
        link: VisaLink,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(table.label, [phrase.setting for phrase in phrases], clock)
        self._table, self._link = table, link
        self._phrases = {phrase.setting.name: phrase for phrase in phrases}
        self._name = ""
        if table.identify is not None:
            self._name = link.ask(table.identify).strip()
            if table.expect is not None and re.search(table.expect, self._name) is None:
                problem = f"{table.identify!r} gave {self._name[:60]!r}, expected: {table.expect}"
                raise DeviceFault(table.label, "open", problem)
            link.is_named(self._name)
        for command in table.begin:
            link.tell(command)
            self._check_errors("open", command)
        if table.identify is None:
            link.ask(table.settings[0].get)  # some VISA libraries open what is not there

    def identity(self) -> Mapping[str, str]:
        """Give what it answered when it was opened."""
        return {"identification": self._name} if self._name else {}

    def read(self, setting: str) -> Value:
        """Ask the instrument.

        Raises
        ------
        UnknownSetting, DeviceFault, DeviceLost
        """
        phrase = self._phrases[self._known(setting).name]
        answer = self._link.ask(phrase.table.get)
        try:
            return phrase.value(answer)
        except DeviceFault:
            self._link.distrust()
            raise

    def stop(self) -> None:
        """Send the command that stops. Any thread; never raises."""
        self._stopped.set()
        if self._table.stop is not None:
            self._link.tell_soon(self._table.stop, _STOP_S)

    def _send(self, values: Mapping[str, Value]) -> None:
        for name, value in values.items():
            phrase = self._phrases[name]
            command = phrase.command(value)
            reply = self._link.tell(command, answers=phrase.table.reply is not None)
            if phrase.table.reply is not None and not re.fullmatch(
                phrase.table.reply, reply.strip()
            ):
                self._link.distrust()
                problem = f"{command!r} gave {reply[:60]!r}, expected: {phrase.table.reply}"
                raise DeviceFault(self.label, f"set {name}", problem)
            self._check_errors(f"set {name}", command)

    def _rests(self, name: str, wanted: Value) -> bool:
        settle = self._phrases[name].table.settle
        if settle is None:
            return True
        if settle.query is not None and settle.until is not None:
            return re.fullmatch(settle.until, self._link.ask(settle.query).strip()) is not None
        assert settle.within is not None
        seen = self.read(name)
        assert not isinstance(seen, str)
        assert not isinstance(wanted, str)
        return abs(seen - wanted) <= settle.within

    def _every_s(self, name: str) -> float:
        settle = self._phrases[name].table.settle
        assert settle is not None
        return settle.every_ms / 1000

    def _check_errors(self, action: str, command: str) -> None:
        """Empty the instrument's queue of errors; the first one is told."""
        errors = self._table.errors
        if errors is None:
            return
        first = ""
        for _ in range(_MOST_ERRORS):
            answer = self._link.ask(errors.query).strip()
            if re.fullmatch(errors.ok, answer):
                break
            first = first or answer
        if first:
            raise DeviceFault(self.label, action, f"{command!r}: the instrument says {first[:120]}")
