"""The script of faults: which calls of a driver are struck, by what, and when.

One ``[[driver.fault]]`` table is a `Fault`; `FaultScript` counts calls and says which of them are
struck. A fault strikes one call: all frames of one ``capture``, one ``read`` of one setting, one
command. `sim.faults` wraps drivers so that it happens.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.errors import DeviceFault, DeviceLost
from sim.frame_faults import FRAME_FAULTS

Call = Literal["open", "start", "settle", "read", "capture", "stop", "close"]
FrameFaultName = Literal[
    "dark",
    "saturated",
    "frozen",
    "duplicated",
    "identical_rows",
    "cropped",
    "byte_swapped",
    "not_integers",
    "nan",
    "bit_depth",
    "shape_changes",
    "frame_missing",
    "exposure_negative",
    "exposure_nan",
    "exposure_doubled",
]
ReadFaultName = Literal["read_nan", "read_off", "read_text"]
CommandFaultName = Literal["ignored", "read_late"]
CallFaultName = Literal[
    "os_error",
    "timeout_error",
    "runtime_error",
    "value_error",
    "memory_error",
    "keyboard_interrupt",
    "system_exit",
    "device_fault",
    "lost",
    "hang",
]
_READ_FAULTS = ("read_nan", "read_off", "read_text")
_ERRORS: Mapping[str, Callable[[str, str], BaseException]] = {
    "os_error": lambda label, call: OSError(5, f"{call} of {label}: input/output error"),
    "timeout_error": lambda label, call: TimeoutError(f"{call} of {label} timed out"),
    "runtime_error": lambda label, call: RuntimeError(f"{call} of {label} failed"),
    "value_error": lambda label, call: ValueError(f"{call} of {label}: bad answer"),
    "memory_error": lambda label, call: MemoryError(f"{call} of {label}"),
    "keyboard_interrupt": lambda label, call: KeyboardInterrupt(f"{call} of {label}"),
    "system_exit": lambda label, call: SystemExit(f"{call} of {label}"),
    "device_fault": lambda label, call: DeviceFault(label, call, "a fault on purpose"),
    "lost": lambda label, call: DeviceLost(label, f"the link dropped in {call}, on purpose"),
}
CALL_ERRORS = tuple(_ERRORS)
_Rate = Annotated[float, Field(ge=0, le=1)]
_Positive = Annotated[int, Field(ge=1)]


class Fault(BaseModel):
    """One ``[[driver.fault]]`` table.

    Parameters
    ----------
    fault
        Of frames (``"dark"``, ``"frozen"``, ...), of read-backs (``"read_nan"``, ``"read_off"``,
        ``"read_text"``), of commands (``"ignored"``: accepted, and does nothing; ``"read_late"``:
        done, and reads back as before for a while), or of calls: an error, or ``"hang"``.
    call
        Which call a fault of calls strikes.
    device, setting
        Strike these alone; empty for all.
    rate
        Share of the calls that are struck at random.
    at
        Calls that are struck, the first is 1.
    from_s, to_s
        Strike in this span of the devices' time since opening, seconds.
    amount
        Of ``"read_off"``: added to the value, in the setting's unit.
    hang_s
        How long ``"hang"`` lasts.
    reads
        Of ``"read_late"``: how many read-backs of each setting give what it was before.
    dark_adu
        Of ``"dark"``: what a pixel reads without light.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    fault: FrameFaultName | ReadFaultName | CallFaultName | CommandFaultName
    call: Call | None = None
    device: str = ""
    setting: str = ""
    rate: _Rate = 0.0
    at: tuple[_Positive, ...] = Field(default=(), strict=False)
    from_s: Annotated[float, Field(ge=0)] = 0.0
    to_s: Annotated[float, Field(ge=0, le=1e7)] | None = None
    amount: float = 1.0
    hang_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    reads: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    dark_adu: Annotated[float, Field(ge=0, le=60_000)] = 100.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        implied = self._implied()
        if implied is None and self.call is None:
            raise ValueError(f"{self.fault} needs call")
        if implied is not None and self.call not in (None, implied):
            raise ValueError(f"{self.fault} strikes {implied} alone")
        if not self.rate and not self.at and self.to_s is None:
            raise ValueError("give rate, at, or from_s and to_s: nothing would be struck")
        return self

    def _implied(self) -> Call | None:
        if self.fault == "dark" or self.fault in FRAME_FAULTS:
            return "capture"
        if self.fault in _READ_FAULTS:
            return "read"
        return "start" if self.fault in ("ignored", "read_late") else None

    @property
    def struck(self) -> Call:
        """The call that it strikes."""
        call = self._implied() or self.call
        assert call is not None
        return call


class FaultScript:
    """Decides which calls are struck, and counts them.

    Parameters
    ----------
    faults
        As in the rig file.
    seed
        Of the random ones.
    elapsed_s
        The devices' time since opening, seconds.

    Attributes
    ----------
    counts
        How often each fault has struck, by its name.
    rng
        Of what faults make up.
    """

    def __init__(
        self, faults: tuple[Fault, ...], seed: int, elapsed_s: Callable[[], float]
    ) -> None:
        self.counts: dict[str, int] = {}
        self._faults = faults
        self._rngs = [np.random.default_rng((seed, i)) for i in range(len(faults))]
        self._calls = [0] * len(faults)
        self._elapsed_s = elapsed_s
        self._guard = threading.Lock()  # stop comes from any thread
        self.rng = np.random.default_rng((seed, len(faults)))

    @property
    def n_calls(self) -> int:
        """Most calls that any fault of the script could have struck so far."""
        return max(self._calls, default=0)

    def strike(self, call: Call, label: str, settings: tuple[str, ...] = ()) -> Fault | None:
        """Say which fault strikes this call, if any; the first of the file wins."""
        struck = None
        with self._guard:
            for i, fault in enumerate(self._faults):
                other = fault.setting and fault.setting not in settings
                if fault.struck != call or (fault.device and fault.device != label) or other:
                    continue
                self._calls[i] += 1
                chance = float(self._rngs[i].random())
                timed = fault.to_s is not None and (
                    fault.from_s <= self._elapsed_s() <= fault.to_s and not fault.rate
                )
                outside = fault.to_s is not None and not (
                    fault.from_s <= self._elapsed_s() <= fault.to_s
                )
                hit = timed or self._calls[i] in fault.at or (chance < fault.rate and not outside)
                if hit and struck is None:
                    struck = fault
            if struck is not None:
                self.counts[struck.fault] = self.counts.get(struck.fault, 0) + 1
        return struck

    def call(self, call: Call, label: str, settings: tuple[str, ...] = ()) -> Fault | None:
        """Raise, or hang, where such a fault strikes; hand on any other.

        Raises
        ------
        OSError, TimeoutError, RuntimeError, ValueError, DeviceFault, DeviceLost
        """
        fault = self.strike(call, label, settings)
        if fault is None:
            return None
        if fault.fault == "hang":
            time.sleep(fault.hang_s)
            return None
        if fault.fault in _ERRORS:
            raise _ERRORS[fault.fault](label, call)
        return fault
