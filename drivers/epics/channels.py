"""The way to process variables: found, asked and written by Channel Access, with time-outs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from drivers.epics.described import (
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

_PORT = 5064
_WRITE = 2  # of access rights
_END_S = 1.0  # within which a thread that looks every 0.1 s has ended


class Channels:
    """Process variables by Channel Access: implements `drivers.epics.described.Variables`.

    Parameters
    ----------
    label
        In the words of errors.
    names
        All that will be asked for.
    addresses
        Where to search; empty for what the environment says.
    timeout_s
        Of each question.
    alarm
        Severity from which an answer is an error, of `SEVERITIES`.

    Raises
    ------
    ConfigError
        caproto is not installed.
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
        self._refused: dict[str, str] = {}
        self._newest: dict[str, object] = {}
        self._context: Any = None
        client: Any = imported("caproto.threading.client")
        self._broadcaster: Any = _broadcaster(client, addresses)
        self._context = client.Context(self._broadcaster, timeout=timeout_s)
        wanted = list(dict.fromkeys(names))
        try:
            self._pvs = dict(zip(wanted, self._context.get_pvs(*wanted), strict=True))
            missing = [name for name, pv in self._pvs.items() if not self._found(pv)]
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
        with self._words(name, "ask"):
            pv = self._connected(name)
            kind = _KINDS.get(pv.channel.native_data_type.name, "")
            if not kind:
                native = pv.channel.native_data_type.name
                raise DeviceFault(self._label, f"ask {name}", f"it is of type {native}")
            writable = bool(int(pv.access_rights) & _WRITE)
            count = int(pv.channel.native_data_count)
            said: Any = None if kind == "text" else pv.read(data_type="control").metadata
        if kind == "enum":
            choices = tuple(_text(one) for one in said.enum_strings)
            return Described(kind, None, None, choices, writable, count)
        low = high = None
        unit = ""
        if kind in ("float", "int"):
            control = (said.lower_ctrl_limit, said.upper_ctrl_limit)
            display = (said.lower_disp_limit, said.upper_disp_limit)
            low, high = narrowest((control, display))  # 0 and 0 for none
            unit = _text(said.units).strip()
        return Described(kind, low, high, (), writable, count, unit)

    def read(self, name: str) -> float | int | str:
        """Ask for a value: a number, text, or the index of an enumeration.

        Raises
        ------
        DeviceFault
            The record is in an alarm of the severity that counts.
        DeviceLost
        """
        answer = self._answer(name)
        value = answer.data[0]
        if isinstance(value, bytes | str):
            return _text(value)
        plain: float | int = value.item() if hasattr(value, "item") else value
        return plain

    def read_array(self, name: str, count: int) -> Any:
        """Ask for the first values of an array, a numpy array or a list.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        return self._answer(name, data_count=count).data

    def write(
        self, name: str, value: float | int | str, done: Callable[[], None], after: str = ""
    ) -> None:
        """Write a value, and return; ``done`` is called from another thread when it was processed.

        One connection has an order: what was written to ``after`` is performed before.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        with self._words(name, "write"):
            data = [value.encode("latin-1")] if isinstance(value, str) else [value]
            pv = self._connected(name)
            if not int(pv.access_rights) & _WRITE:
                raise DeviceFault(self._label, f"write {name}", "it is read-only")
            self._refused.pop(name, None)
            mine = self._newest[name] = object()

            def heard(answer: Any) -> None:
                if answer.status.success:
                    done()
                elif self._newest[name] is mine:  # of an older write nobody asks any more
                    self._refused[name] = str(answer.status.description)

            pv.write(data, wait=False, callback=heard, timeout=None)

    def require(self, name: str) -> None:
        """See that a variable is connected now, and that its last write was not refused.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        if self._closed or not self._pvs[name].connected:
            raise DeviceLost(self._label, f"{name} is disconnected")
        if (why := self._refused.get(name)) is not None:
            raise DeviceFault(self._label, f"write {name}", why)

    def write_soon(self, name: str, value: int) -> None:
        """Write without waiting, from any thread. Never raises."""
        with contextlib.suppress(Exception):
            pv = self._pvs[name]
            if pv.connected:
                pv.write([value], wait=False, notify=False, timeout=0.2)

    def close(self) -> None:
        """Let go. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        ends: list[Any] = [
            getattr(one, "selector", None) for one in (self._context, self._broadcaster)
        ]
        with contextlib.suppress(Exception):
            self._context.disconnect(wait=False)
        with contextlib.suppress(Exception):
            self._broadcaster.disconnect(wait=False)
        for one in ends:  # caproto leaves the files open with which its threads wait
            with contextlib.suppress(Exception):
                one.thread.join(_END_S)
                if not one.thread.is_alive():
                    one.selector.close()

    def _answer(self, name: str, **said: Any) -> Any:
        with self._words(name, "read"):
            answer = self._connected(name).read(data_type="status", **said)
            severity = int(answer.metadata.severity)
            if severity >= self._alarm:
                status = imported("caproto").AlarmStatus(int(answer.metadata.status)).name
                raise in_alarm(self._label, name, severity, status)
            if not len(answer.data):
                raise DeviceFault(self._label, f"read {name}", "it holds no value")
            return answer

    def _connected(self, name: str) -> Any:
        pv = self._pvs[name]
        if self._closed:
            raise DeviceLost(self._label, "the connection is closed")
        if not pv.connected and not self._found(pv):
            raise DeviceLost(self._label, f"{name} is disconnected")
        return pv

    def _found(self, pv: Any) -> bool:
        try:
            pv.wait_for_connection(timeout=self._timeout_s)
        except Exception:  # of several trees
            return False
        return True

    @contextlib.contextmanager
    def _words(self, name: str, action: str) -> Iterator[None]:
        try:
            yield
        except DriverError:
            raise
        except TimeoutError as error:
            raise silent(self._label, name, self._timeout_s) from error
        except Exception as error:  # caproto's own tree, and OSError
            if type(error).__name__ in _LOST:
                raise DeviceLost(self._label, f"{name} is disconnected") from error
            raise refused(self._label, f"{action} {name}", error) from error


_KINDS = {
    "DOUBLE": "float",
    "FLOAT": "float",
    "INT": "int",
    "LONG": "int",
    "CHAR": "int",
    "ENUM": "enum",
    "STRING": "text",
}
_LOST = ("DisconnectedError", "DeadCircuitError", "ContextDisconnectedError", "CaprotoNetworkError")


def _broadcaster(client: Any, addresses: Sequence[str]) -> Any:
    """Make what searches for variables: at these addresses, or where the environment says."""
    if not addresses:
        return client.SharedBroadcaster()
    places = [_place(address) for address in addresses]

    class AtAddresses(client.SharedBroadcaster):  # type: ignore[misc]
        """Searches at the addresses of the rig file; the environment is the whole program's."""

        def send(self, *commands: Any) -> None:
            packet = self.broadcaster.send(*commands)
            for place in places:
                if self.udp_sock is not None:
                    with contextlib.suppress(OSError):
                        self.udp_sock.sendto(packet, place)

    return AtAddresses()


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.partition(":")
    return host, int(port or _PORT)


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
