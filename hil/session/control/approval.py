"""Which trials wait for a person: those that move further than ``[approval]`` allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
    read
        Asks the devices where settings are. A park or a move that failed may have left them
        elsewhere than the last trial did.
    """

    def __init__(
        self,
        spec: Approval | None,
        canonical: Mapping[str, str],
        read: Callable[[Sequence[str]], Mapping[str, Value]],
    ) -> None:
        self.timeout_s = 0.0 if spec is None else spec.timeout_s
        # Largest step that needs nobody; 0 where every move does.
        self._steps: dict[str, float] = {}
        if spec is not None:
            self._steps |= {canonical[name]: step for name, step in spec.steps.items()}
            self._steps |= dict.fromkeys((canonical[name] for name in spec.settings), 0.0)
        self._read = read

    def watches(self, wanted: Mapping[str, Value]) -> bool:
        """Whether it has to ask the devices about a command."""
        return not self._steps.keys().isdisjoint(wanted)

    def beyond(self, wanted: Mapping[str, Value]) -> dict[str, str]:
        """Name the settings that would move too far, each with its move; empty if none would.

        Runs where the devices are asked.

        Raises
        ------
        RigError
            A device does not say where it is.
        """
        names = [name for name in self._steps if name in wanted]
        present = self._read(names)
        return {
            name: f"from {_shown(present[name])} to {_shown(wanted[name])}"
            for name in names
            if _further(present[name], wanted[name], self._steps[name])
        }


def _further(old: Value, new: Value, step: float) -> bool:
    if isinstance(old, str) or isinstance(new, str):
        return old != new
    slack = _ROUNDING * max(1.0, abs(float(old)), abs(float(new)))
    return not abs(float(new) - float(old)) <= step + slack  # a place that is no number is none


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
