"""The wire to an instrument: one question at a time, each with a time-out, none out of step."""

from __future__ import annotations

import contextlib
import importlib
import threading
import time
from typing import Any

from drivers.errors import ConfigError, DeviceFault, DeviceLost
from drivers.visa.tables import InstrumentTable
from drivers.visa.waiting import wait_widely

# How long a late answer is waited for when the wire is made quiet.
_QUIET_S = 0.05
_MOST_LATE = 20
# The shortest wait that a library knows: what lies there already is read by it.
_AT_ONCE_S = 0.001
# What stands between the words of an answer, beside blanks.
_SPACED = {ord(one): None for one in "\r\n\t"}
# The micro sign and the letter mu, and the degree sign.
_SIGNS = {b"\xc2\xb5": b"u", b"\xce\xbc": b"u", b"\xb5": b"u", b"\xc2\xb0": b"\xb0"}
# Names of VISA statuses after which nothing can be asked through a session.
_LOST = (
    "error_connection_lost",
    "error_invalid_object",
    "error_resource_not_found",
    "error_io",
    "error_system_error",
)


class VisaLink:
    """An open session with an instrument.

    Parameters
    ----------
    table
        How it is reached.

    Raises
    ------
    ConfigError
        PyVISA is not installed.
    DeviceLost
        The instrument cannot be reached.
    """

    def __init__(self, table: InstrumentTable) -> None:
        self._label = table.label
        self._pyvisa: Any = import_pyvisa(table.library)
        wait_widely()
        self._table = table
        self._guard = threading.Lock()
        self._session: Any = None
        # Lines on which anything may come at any time: a greeting, an echo, what nobody asked for.
        resource = table.resource.strip().upper()
        self._serial = resource.startswith("ASRL")
        self._stream = self._serial or resource.endswith("SOCKET")
        self._out_of_step = self._stream
        self._half = b""  # of an answer whose end did not come
        self._owed_until_s = 0.0  # until when an answer that did not come in time may come yet
        self._name = ""
        self._gone = ""
        try:
            self._manager = self._pyvisa.ResourceManager(table.library)
            self._session = self._manager.open_resource(table.resource, **self._options())
        except Exception as error:  # VISA libraries raise what they like
            self.close()
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DeviceLost(table.label, f"{table.resource} cannot be opened: {why}") from None

    def ask(self, query: str) -> str:
        """Send a query, and give the answer without its end.

        Raises
        ------
        DeviceFault
            No answer within the time-out, or one that is no text.
        DeviceLost
        """
        with self._guard:
            self._write(query)
            answer = self._answer(query, blank=False)
            if not self._table.echo and answer.strip() == query.strip():
                self._out_of_step = True
                hint = "it echoes: say echo = true, or switch its echo off"
                raise DeviceFault(self._label, "read", f"{query!r} came back itself; {hint}")
            return answer

    def is_named(self, name: str) -> None:
        """Take note of what it answers to `identify`: it is asked so when answers are late."""
        self._name = name

    def distrust(self) -> None:
        """Take it that the last answer was not the question's: what else comes is thrown away."""
        self._out_of_step = True

    def tell(self, command: str, *, answers: bool = False) -> str:
        """Send a command; give what the instrument answers to it, where it does.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        with self._guard:
            self._write(command)
            return self._answer(command) if answers else ""

    def tell_soon(self, command: str, wait_s: float) -> None:
        """Send a command from any thread, if the wire comes free in time; never raises."""
        if self._guard.acquire(timeout=wait_s):
            try:
                with contextlib.suppress(Exception):
                    self._send(command)  # at once: what is late is thrown away afterwards
            finally:
                self._guard.release()

    def close(self) -> None:
        """End the session. Safe to call twice; never raises."""
        self._gone = self._gone or "the connection is closed"
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(Exception):
                session.close()

    def _options(self) -> dict[str, Any]:
        table = self._table
        options: dict[str, Any] = {
            "write_termination": table.ends,
            "read_termination": table.answers_end,
            "timeout": table.timeout_s * 1000,
        }
        # a table may be one instrument's on a serial line here, and behind a socket there
        if table.serial is not None and self._serial:
            constants = self._pyvisa.constants
            options |= {
                "baud_rate": table.serial.baud_rate,
                "data_bits": table.serial.data_bits,
                "stop_bits": {1: constants.StopBits.one, 2: constants.StopBits.two}[
                    table.serial.stop_bits
                ],
                "parity": constants.Parity[table.serial.parity],
            }
        return options

    def _write(self, text: str) -> None:
        if self._session is None:
            raise DeviceLost(self._label, self._gone)
        if self._out_of_step:
            self._quiet()
        elif self._stream:
            self._drop(_AT_ONCE_S)
        self._send(text)

    def _send(self, text: str) -> None:
        if self._session is None:
            raise DeviceLost(self._label, self._gone)
        self._half = b""  # of an answer before
        try:
            self._session.write(text)
        except Exception as error:
            raise self._failed(error, text) from None

    def _answer(self, text: str, *, blank: bool = True) -> str:
        """Read what is answered; `blank` is whether an empty line is an answer."""
        until = time.monotonic() + self._table.timeout_s
        try:
            answer = self._behind_echo(text, until) if self._table.echo else self._line(until)
            if not blank and self._stream:
                answer = self._past_blank(answer, text, until)
        except UnicodeEncodeError:
            self._out_of_step = True
            raise DeviceFault(self._label, "read", f"{text!r} gave what is no text") from None
        except Exception as error:
            raise self._failed(error, text) from None
        if not answer.isprintable() and not answer.translate(_SPACED).isprintable():
            self._out_of_step = True
            raise DeviceFault(self._label, "read", f"{text!r} gave {answer[:40]!r}, no text")
        return answer

    def _past_blank(self, answer: str, text: str, until: float) -> str:
        """Read past empty lines, with which many begin; give one if nothing else comes."""
        while not answer.strip():
            try:
                answer = self._line(until)
            except UnicodeEncodeError:
                raise
            except Exception as error:
                failed = self._failed(error, text)
                if isinstance(failed, DeviceLost):
                    raise failed from None
                break
        return answer

    def _line(self, until: float) -> str:
        """Read up to what ends an answer, all of it: libraries look at its last character alone.

        Parameters
        ----------
        until
            When the time-out ends, monotonic seconds.
        """
        session, ends = self._session, self._table.answers_end.encode()
        before = session.timeout
        said = self._half = b""
        try:
            while True:
                left_s = max(until - time.monotonic(), _AT_ONCE_S)
                session.timeout = min(left_s, self._table.timeout_s) * 1000
                said = self._half = said + bytes(session.read_raw())
                if said.endswith(ends):
                    return _text(said[: -len(ends)])
                if not self._stream:  # its end is told otherwise there
                    return _text(said)
        finally:
            with contextlib.suppress(Exception):
                session.timeout = before

    def _failed(self, error: Exception, text: str) -> DeviceFault | DeviceLost:
        """Say what an exception of VISA means."""
        code = self._code(error)
        if code == "error_timeout":
            self._out_of_step = True
            self._owed_until_s = time.monotonic() + self._table.timeout_s
            waited = f"no answer to {text!r} within {self._table.timeout_s:g} s"
            if self._half:
                half, ends = self._half[-40:].decode("latin-1"), self._table.answers_end
                waited += f": {half!r} came, which does not end in answers_end, {ends!r}"
            return DeviceFault(self._label, "wait", waited)
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        if code in _LOST or isinstance(error, OSError) or not code:
            self._gone = why
            self.close()
            return DeviceLost(self._label, why)
        self._out_of_step = True
        return DeviceFault(self._label, f"ask {text!r}", why)

    def _code(self, error: Exception) -> str:
        """Name an exception's VISA status, which some libraries give as a bare number."""
        code = getattr(error, "error_code", None)
        with contextlib.suppress(ValueError):
            code = self._pyvisa.constants.StatusCode(code)
        return str(getattr(code, "name", ""))

    def _behind_echo(self, text: str, until: float) -> str:
        """Read on until what was sent has come back, and give what follows it."""
        for _ in range(_MOST_LATE):
            _, echo, rest = self._line(until).partition(text.strip())
            if echo:
                return rest.strip() or self._line(until)
        self._out_of_step = True
        raise DeviceFault(self._label, "read", f"{text!r} was not echoed, as echo = true says")

    def _quiet(self) -> None:
        """Throw away answers that come late, so that none is taken for that of another question."""
        if not self._stream:
            # Such instruments take it ill to be read without a question, and can be cleared.
            with contextlib.suppress(Exception):
                self._session.clear()
                self._out_of_step = False
                return
        found = self._drop(_QUIET_S)
        owed_s = self._owed_until_s - time.monotonic()
        if self._name and self._owed_until_s:
            self._in_step()
        elif owed_s > 0 and not found:
            self._drop(owed_s)
        self._out_of_step, self._owed_until_s = False, 0.0

    def _in_step(self) -> None:
        """Ask who it is, and read until it says so: answers come in the order of questions."""
        assert self._table.identify is not None
        self._send(self._table.identify)
        for number in range(_MOST_LATE):
            try:
                if self._line(time.monotonic() + self._table.timeout_s).strip() == self._name:
                    return
            except UnicodeEncodeError:
                continue
            except Exception as error:
                failed = self._failed(error, self._table.identify)
                if number and isinstance(failed, DeviceFault):
                    return  # it names itself otherwise now, and has said all that it had to say
                raise failed from None
        raise DeviceFault(self._label, "read", "it does not stop sending")

    def _drop(self, wait_s: float) -> bool:
        """Throw away what is there, and what comes before a pause; say whether there was any."""
        session = self._session
        before = session.timeout
        session.timeout = wait_s * 1000
        found = False
        try:
            for _ in range(_MOST_LATE):
                session.read_raw()
                found = True
                session.timeout = min(wait_s, _QUIET_S) * 1000
        except Exception as error:
            if self._code(error) != "error_timeout":
                raise self._failed(error, "") from None
        else:
            raise DeviceFault(self._label, "read", "it does not stop sending")
        finally:
            with contextlib.suppress(Exception):
                session.timeout = before
        return found


def _text(said: bytes) -> str:
    """Read ASCII, and the two signs that units have beyond it, as Latin-1 or as UTF-8.

    Raises
    ------
    UnicodeEncodeError
    """
    for sign, plain in _SIGNS.items():
        said = said.replace(sign, plain)
    text = said.decode("latin-1")
    text.replace("°", "").encode("ascii")
    return text


def import_pyvisa(library: str) -> Any:
    """Import PyVISA, and what its library needs.

    Raises
    ------
    ConfigError
        The extra is not installed.
    """
    wanted = {"@py": "pyvisa_py", "@sim": "pyvisa_sim"}
    backend = next((name for end, name in wanted.items() if library.endswith(end)), "")
    module, hint = "PyVISA", 'pip install "hil-imaging[visa]"'
    try:
        found = importlib.import_module("pyvisa")
        if backend == "pyvisa_sim":
            module, hint = "PyVISA-sim", "pip install pyvisa-sim"
        if backend:
            importlib.import_module(backend)
    except ImportError as error:
        raise ConfigError("library", f"{module} is not installed ({error}): {hint}") from None
    return found
