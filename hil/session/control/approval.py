"""Which trials wait for a person: those that move further than ``[approval]`` allows."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.types import Value
from hil.spec import Approval

_ROUNDING = 1e-9


class ApprovalPolicy:
    """Compares what a trial asks for with where the devices are.

    Parameters
    ----------
    spec
        ``[approval]`` of the session file; None where nothing waits.
    canonical
        Name in the file to the setting's one name.
    present
        Where the watched settings are now.
    """

    def __init__(
        self, spec: Approval | None, canonical: Mapping[str, str], present: Mapping[str, Value]
    ) -> None:
        self.timeout_s = 0.0 if spec is None else spec.timeout_s
        # Largest step that needs nobody; 0 where every move does.
        self._steps: dict[str, float] = {}
        if spec is not None:
            self._steps |= {canonical[name]: step for name, step in spec.steps.items()}
            self._steps |= dict.fromkeys((canonical[name] for name in spec.settings), 0.0)
        self._present = dict(present)

    def moved(self, read_back: Mapping[str, Value]) -> None:
        """Note where the devices have come to."""
        self._present |= {name: value for name, value in read_back.items() if name in self._steps}

    def beyond(self, wanted: Mapping[str, Value]) -> dict[str, str]:
        """Name the settings that would move too far, each with its move; empty if none would."""
        found = {}
        for name, step in self._steps.items():
            if name not in wanted:
                continue
            old, new = self._present.get(name), wanted[name]
            if old is None or _further(old, new, step):
                found[name] = f"from {_shown(old)} to {_shown(new)}"
        return found


def _further(old: Value, new: Value, step: float) -> bool:
    if isinstance(old, str) or isinstance(new, str):
        return old != new
    slack = _ROUNDING * max(1.0, abs(float(old)), abs(float(new)))
    return abs(float(new) - float(old)) > step + slack


def _shown(value: Value | None) -> str:
    if value is None:
        return "an unknown place"
    return f"{value:g}" if isinstance(value, float) else str(value)
