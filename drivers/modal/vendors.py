"""Arrays through their makers' own libraries, which are imported when an array is opened.

========  ================================================  ==============  ===============
kind      library                                           an actuator is  calls
========  ================================================  ==============  ===============
bmc       module ``bmc`` of Boston Micromachines' DM SDK    share, 0 to 1   BmcDm
alpao     module ``asdk`` (or ``Lib64.asdk``) of ALPAO      share, -1 to 1  DM
thorlabs  ``TLDFM_64.dll``, which Thorlabs' own Python      v, 0 to 300     TLDFM_*
          programs load by ctypes
========  ================================================  ==============  ===============

Only the third is asked where its actuators are. ``bmc`` tells what its electronics were sent, and
``alpao`` does not tell: there `read` gives what was last accepted.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from drivers.errors import ConfigError, DeviceFault, DeviceLost
from drivers.modal.array import ArrayKind
from drivers.types import Floats

_TLDFM = "TLDFM_64.dll"
_TEXT_BYTES = 512


class SerialOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What the table ``array`` of a maker's kind may say.

    Parameters
    ----------
    serial
        The serial number as its maker writes it: ``"17DW008#094"``, ``"BAX513"``; of Thorlabs the
        VISA resource, ``"USB0::0x1313::0x2E01::M00000001::RAW"``.
    """

    serial: Annotated[str, Field(min_length=1)]


class BmcArray:
    """A mirror of Boston Micromachines.

    Parameters
    ----------
    options
        Which one.
    """

    def __init__(self, options: SerialOptions) -> None:
        library = _module("bmc", "Boston Micromachines' DM SDK", "bmc")
        self._dm: Any = library.BmcDm()
        self._is_open = False
        self._check("open", self._dm.open_dm(options.serial))
        self._is_open = True
        self.n_actuators = int(self._dm.num_actuators())
        self.versions: Mapping[str, str] = _version(library, "bmc")

    def send(self, vector: Floats) -> None:
        """See `ActuatorArray`."""
        self._require_open()
        self._check("send", self._dm.send_data(vector.tolist()))

    def read(self) -> Floats:
        """See `ActuatorArray`."""
        self._require_open()
        return np.array(self._dm.get_actuator_data(), dtype=np.float64)[: self.n_actuators]

    def close(self) -> None:
        """See `ActuatorArray`."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(Exception):
                self._dm.close_dm()

    def _check(self, action: str, code: int) -> None:
        if code:
            raise DeviceFault("bmc", action, str(self._dm.error_string(code)))

    def _require_open(self) -> None:
        if not self._is_open:
            raise DeviceLost("bmc", "the connection is closed")


class AlpaoArray:
    """A mirror of ALPAO; closing it resets it.

    Parameters
    ----------
    options
        Which one.
    """

    def __init__(self, options: SerialOptions) -> None:
        library = _module("alpao", "ALPAO's SDK", "asdk", "Lib64.asdk")
        self._is_open = False
        self._dm: Any = library.DM(options.serial)
        self.n_actuators = int(self._dm.Get("NBOfActuator"))
        if self.n_actuators < 1:
            raise DeviceFault("alpao", "open", f"there is no mirror {options.serial!r}")
        self.versions: Mapping[str, str] = _version(library, "asdk")
        self._is_open = True
        self._accepted = np.zeros(self.n_actuators)

    def send(self, vector: Floats) -> None:
        """See `ActuatorArray`."""
        self._require_open()
        answer = self._dm.Send(vector.tolist())
        # A status of the C library: 0 done, -1 failed; some versions return nothing.
        if answer is False or (isinstance(answer, int) and answer < 0):
            raise DeviceFault("alpao", "send", f"the mirror answers {answer}")
        self._accepted = vector.copy()

    def read(self) -> Floats:
        """Give the vector that was last accepted: the mirror does not tell."""
        self._require_open()
        return self._accepted.copy()

    def close(self) -> None:
        """See `ActuatorArray`."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(Exception):
                self._dm.Reset()

    def _require_open(self) -> None:
        if not self._is_open:
            raise DeviceLost("alpao", "the connection is closed")


class ThorlabsArray:
    """The segments of a DMP40 or DMH40; its tilt arms stay as they are.

    Parameters
    ----------
    options
        Which one.
    """

    def __init__(self, options: SerialOptions) -> None:
        self._dll = _thorlabs_library()
        self._session = ctypes.c_uint32(0)
        self._is_open = False
        resource = ctypes.c_char_p(options.serial.encode())
        yes, no = ctypes.c_uint16(1), ctypes.c_uint16(0)
        self._call("init", resource, yes, no, ctypes.byref(self._session), bare=True)
        self._is_open = True
        count = ctypes.c_uint32(0)
        self._call("get_segment_count", ctypes.byref(count))
        self.n_actuators = int(count.value)
        self.versions: Mapping[str, str] = {}

    def send(self, vector: Floats) -> None:
        """See `ActuatorArray`."""
        self._require_open()
        self._call("set_segment_voltages", self._voltages(vector.tolist()))

    def read(self) -> Floats:
        """See `ActuatorArray`."""
        self._require_open()
        volts = self._voltages([])
        self._call("get_segment_voltages", volts)
        return np.array(volts[:], dtype=np.float64)

    def close(self) -> None:
        """See `ActuatorArray`."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(Exception):
                self._dll.TLDFM_close(self._session)

    def _voltages(self, values: list[float]) -> ctypes.Array[ctypes.c_double]:
        return (ctypes.c_double * self.n_actuators)(*values)

    def _call(self, name: str, *arguments: Any, bare: bool = False) -> None:
        before = () if bare else (self._session,)
        status = int(getattr(self._dll, f"TLDFM_{name}")(*before, *arguments))
        if status < 0:  # above 0 are warnings, by the convention of VXIplug&play
            text = ctypes.create_string_buffer(_TEXT_BYTES)
            self._dll.TLDFM_error_message(self._session, ctypes.c_int32(status), text)
            message = text.value.decode("latin-1") or f"status {status}"
            raise DeviceFault("thorlabs", name, message)

    def _require_open(self) -> None:
        if not self._is_open:
            raise DeviceLost("thorlabs", "the connection is closed")


def _module(kind: str, what: str, *names: str) -> Any:
    """Import the first module that is there.

    Raises
    ------
    ConfigError
        None is, or its own libraries are missing.
    """
    why = ""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError as error:
            why = why or str(error)
        except OSError as error:  # a library of the module's own
            why = str(error)
    problem = f"{kind!r} needs the Python module {names[0]!r} of {what}: {why}"
    raise ConfigError("array.kind", problem)


def _thorlabs_library() -> Any:
    """Load Thorlabs' library.

    Raises
    ------
    ConfigError
    """
    try:
        return ctypes.CDLL(_TLDFM)
    except OSError as error:
        problem = f"'thorlabs' needs {_TLDFM} of Thorlabs' DMP40 software: {error}"
        raise ConfigError("array.kind", problem) from None


def _version(library: Any, name: str) -> dict[str, str]:
    version = getattr(library, "__version__", "")
    return {name: str(version)} if version else {}


BMC = ArrayKind(SerialOptions, BmcArray, "share", 0.0, 1.0, lambda o: f"bmc {o.serial}")
ALPAO = ArrayKind(SerialOptions, AlpaoArray, "share", -1.0, 1.0, lambda o: f"alpao {o.serial}")
THORLABS = ArrayKind(SerialOptions, ThorlabsArray, "v", 0.0, 300.0, lambda o: f"tldfm {o.serial}")
