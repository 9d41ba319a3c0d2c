"""The way to process variables by PV Access, with p4p: asked one by one, with time-outs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from drivers.epics.described import (
    PVA,
    SEVERITIES,
    Described,
    in_alarm,
    narrowest,
    nobody_answers,
    refused,
    silent,
)
from drivers.epics.missing import imported
from drivers.errors import DeviceFault, DeviceLost, DriverError

_PORT = 5076
_BLOCKING = "field()record[block=true,process=passive]"  # answered when the record was processed
_KINDS = dict.fromkeys("fd", "float") | dict.fromkeys("bhilBHIL", "int") | {"s": "text"}


class _Soon(NamedTuple):
    """A write that nobody waits for, unless another follows."""

    put: Any
    answered: threading.Event

    def end(self) -> None:
        with contextlib.suppress(Exception):
            self.put.close()
        self.answered.set()


class PvaChannels:
    """Process variables by PV Access: implements `drivers.epics.described.Variables`.

    Parameters
    ----------
    label
        In the words of errors.
    names
        All that will be asked for, with ``pva://``.
    addresses
        Where to search; empty for what the environment says.
    timeout_s
        Of each question.
    alarm
        Severity from which an answer is an error, of `SEVERITIES`.

    Raises
    ------
    ConfigError
        p4p is not installed.
    DeviceLost
        A variable is not found.
    """

    def __init__(
        self,
        label: str,
        names: Sequence[str],
        addresses: Sequence[str],
        timeout_s: float,
        alarm: str = "invalid",
    ) -> None:
        self._label, self._timeout_s = label, timeout_s
        self._alarm = SEVERITIES.index(alarm)
        self._closed = False
        self._raw: Any = imported("p4p.client.raw")
        client: Any = imported("p4p.client.thread")
        self._context: Any = client.Context("pva", nt=False, **_where(addresses))
        self._connected = {name: threading.Event() for name in dict.fromkeys(names)}
        self._writes: dict[str, Any] = {}
        self._soon: dict[str, _Soon] = {}
        self._refused: dict[str, Exception] = {}
        self._watches: list[Any] = []
        try:
            for name, event in self._connected.items():
                self._watches.append(self._watch(client, name, event))
            until = time.monotonic() + timeout_s
            missing = [
                name
                for name, event in self._connected.items()
                if not event.wait(max(0.0, until - time.monotonic()))
            ]
            if missing:
                raise nobody_answers(label, missing, timeout_s)
        except BaseException:
            self.close()
            raise

    def describe(self, name: str) -> Described:
        """Ask what a variable is, with the limits that its record states.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        said = self._get(name, "ask")
        code, value = _code(said), said.get("value")
        unit = str(said.get("display.units") or "")
        if code == "enum":
            choices = tuple(str(one) for one in value["choices"])
            return Described("enum", None, None, choices, True)
        count = 1
        if code[:1] == "a" and len(code) == 2:
            code, count = code[1], len(value)
            if count < 2:
                raise DeviceFault(self._label, f"ask {name}", "it is an array")
        if code not in _KINDS:
            native = "boolean" if code == "?" else said.getID() or "structure"
            raise DeviceFault(self._label, f"ask {name}", f"it is of type {native}")
        low = high = None
        if code != "s":
            low, high = narrowest(
                (said[f"{what}.limitLow"], said[f"{what}.limitHigh"])
                for what in ("control", "display")
                if f"{what}.limitLow" in said
            )
        return Described(_KINDS[code], low, high, (), True, count, unit)

    def read(self, name: str) -> float | int | str:
        """Ask for a value: a number, text, or the index of an enumeration.

        Raises
        ------
        DeviceFault
            The record is in an alarm of the severity that counts.
        DeviceLost
        """
        said = self._sound(name, self._get(name, "read"))
        code, value = _code(said), said.get("value")
        if code == "enum":
            return int(value["index"])
        if code[:1] == "a" and len(code) == 2:
            if not len(value):
                raise DeviceFault(self._label, f"read {name}", "it holds no value")
            value = value[0]
        if code[-1:] not in _KINDS:
            raise DeviceFault(self._label, f"read {name}", f"it is of type {said.getID()}")
        plain: float | int | str = value.item() if hasattr(value, "item") else value
        return plain

    def read_array(self, name: str, count: int) -> Any:
        """Ask for the first values of an array, a numpy array.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        return self._sound(name, self._get(name, "read")).get("value")[:count]

    def read_structure(self, name: str, fields: str = "") -> Any:
        """Ask for a structure, or for some of its fields, ``"uniqueId"`` say.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        return self._sound(name, self._get(name, "read", f"field({fields})"))

    def write(
        self, name: str, value: float | int | str, done: Callable[[], None], after: str = ""
    ) -> None:
        """Write a value, and return; ``done`` is called from another thread when it was processed.

        First it waits for what `write_soon` wrote to it and to ``after``: a stop that comes late
        would end the move that follows. Nobody waits for the stops of others: a lamp least of all.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        with self._words(name, "write"):
            self._require_found(name)
            self._wait_for_answers(name, after)
            self._forget(name)
            self._refused.pop(name, None)

            def heard(answer: object) -> None:
                if answer is None:
                    done()
                elif isinstance(answer, Exception):
                    self._refused[name] = answer

            self._writes[name] = self._put(name, value, heard, _BLOCKING)
            self.require(name)  # lost meanwhile: what is left would be sent to whom comes back

    def require(self, name: str) -> None:
        """See that a variable is connected now, and that its last write was not refused.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        if self._closed or not self._connected[name].is_set():
            self._forget(name)
            raise DeviceLost(self._label, f"{name} is disconnected")
        if (answer := self._refused.get(name)) is not None:
            with self._words(name, "write"):
                raise answer

    def write_soon(self, name: str, value: int) -> None:
        """Write without waiting, from any thread. Never raises."""
        with contextlib.suppress(Exception):
            if self._connected[name].is_set():
                answered = threading.Event()
                put = self._put(name, value, lambda _: answered.set(), None)
                self._soon[name] = _Soon(put, answered)

    def close(self) -> None:
        """Let go. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for one in (*self._watches, *self._writes.values()):
            with contextlib.suppress(Exception):
                one.close()
        with contextlib.suppress(Exception):
            self._context.close()

    def _watch(self, client: Any, name: str, event: threading.Event) -> Any:
        """Follow whether a variable is connected, by the little that its alarm is."""

        def heard(said: object) -> None:
            if isinstance(said, client.Disconnected):
                event.clear()
                # What a server did not confirm would be sent again to the one that comes back.
                self._forget(name)
                if (soon := self._soon.pop(name, None)) is not None:
                    soon.end()
            else:
                event.set()

        request = "field(alarm)"
        watch = self._context.monitor(_bare(name), heard, request=request, notify_disconnect=True)
        # p4p drops what comes before it has noted its own handle, and does not ask again; it may
        # be the only news of a variable that does not change.
        watch._event()  # noqa: SLF001
        return watch

    def _put(
        self, name: str, value: float | int | str, heard: Callable[[object], None], request: Any
    ) -> Any:
        def filled(empty: Any) -> None:
            empty["value.index" if _code(empty) == "enum" else "value"] = value

        put = self._raw.Context.put
        return put(self._context, _bare(name), heard, builder=filled, request=request, get=False)

    def _forget(self, name: str) -> None:
        if (pending := self._writes.pop(name, None)) is not None:
            with contextlib.suppress(Exception):
                pending.close()

    def _wait_for_answers(self, *names: str) -> None:
        for name in names:
            soon = self._soon.get(name)
            if soon is not None and not soon.answered.wait(self._timeout_s):
                raise silent(self._label, name, self._timeout_s)

    def _get(self, name: str, action: str, request: str = "field()") -> Any:
        with self._words(name, action):
            self._require_found(name)
            return self._context.get(_bare(name), request=request, timeout=self._timeout_s)

    def _require_found(self, name: str) -> None:
        if self._closed:
            raise DeviceLost(self._label, "the connection is closed")
        if not self._connected[name].wait(self._timeout_s):
            raise DeviceLost(self._label, f"{name} is disconnected")

    def _sound(self, name: str, said: Any) -> Any:
        severity = int(said.get("alarm.severity") or 0)
        if severity >= self._alarm:
            why = str(said.get("alarm.message") or "").strip()
            raise in_alarm(self._label, name, severity, why)
        return said

    @contextlib.contextmanager
    def _words(self, name: str, action: str) -> Iterator[None]:
        try:
            yield
        except DriverError:
            raise
        except TimeoutError as error:
            if not self._connected[name].is_set():
                raise DeviceLost(self._label, f"{name} is disconnected") from error
            raise silent(self._label, name, self._timeout_s) from error
        except Exception as error:
            raise refused(self._label, f"{action} {name}", error) from error


def _code(said: Any) -> str:
    """Give p4p's letter for the type of the value, ``"d"`` say, or ``"enum"``."""
    if "value" not in said:
        return ""
    code = said.type().aspy("value")
    if isinstance(code, str):
        return code
    return "enum" if "value.index" in said and "value.choices" in said else ""


def _bare(name: str) -> str:
    return name.removeprefix(PVA)


def _where(addresses: Sequence[str]) -> dict[str, Any]:
    if not addresses:
        return {"useenv": True}
    places = [one if ":" in one else f"{one}:{_PORT}" for one in map(_bare, addresses)]
    conf = {"EPICS_PVA_ADDR_LIST": " ".join(places), "EPICS_PVA_AUTO_ADDR_LIST": "NO"}
    return {"useenv": False, "conf": conf}
