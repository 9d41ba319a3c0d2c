"""What a design costs: processor time, floating-point operations and memory.

Processor time is that of the whole process. Operations are those that torch's own counter knows,
matrix products above all; transforms and arithmetic of single elements are not among them, nor is
what numpy does. Memory is that of tensors and arrays that one step keeps at a time, each at its
peak.
"""

from __future__ import annotations

import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from drivers.types import Value


@dataclass(frozen=True, slots=True)
class StepCost:
    """Of one step.

    Parameters
    ----------
    flops
        Operations.
    peak_mb
        Tensors and arrays.
    """

    flops: float
    peak_mb: float


def cost_of(step: Callable[[], Any]) -> StepCost:
    """Run a step once, counted."""
    with FlopCounterMode(display=False) as counter:
        step()
    alive = _Alive()
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        with alive:
            step()
        arrays = tracemalloc.get_traced_memory()[1] - before
    finally:
        if not tracing:
            tracemalloc.stop()
    return StepCost(float(counter.get_total_flops()), (alive.peak + max(arrays, 0)) / 1e6)


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts bytes of tensors that were made since and are still there."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._now = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor):
                self._saw(one.untyped_storage())
        return made

    def _saw(self, storage: torch.UntypedStorage) -> None:
        place, size = storage.data_ptr(), storage.nbytes()
        if place in self._known or size == 0:
            return
        self._known.add(place)
        self._now += size
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._gone, place, size)

    def _gone(self, place: int, size: int) -> None:
        self._known.discard(place)
        self._now -= size


@dataclass
class Trace:
    """The best so far, and when it came, in processor seconds since the trace began.

    Parameters
    ----------
    setting, value, reached_s
        Of the best.
    course
        When each best came, and its value.
    """

    setting: Mapping[str, Value] = field(default_factory=dict)
    value: float = float("-inf")
    reached_s: float = 0.0
    course: list[tuple[float, float]] = field(default_factory=list)
    _began: float = field(default_factory=time.process_time)

    @property
    def spent_s(self) -> float:
        """Since it began."""
        return time.process_time() - self._began

    def saw(self, value: float, setting: Mapping[str, Value]) -> None:
        """Take note."""
        if value > self.value:
            self.value, self.setting, self.reached_s = value, dict(setting), self.spent_s
            self.course.append((self.reached_s, value))

    def plain(self, labels: int) -> dict[str, Any]:
        """Give all as plain JSON; `labels` is how many were used."""
        return {
            "setting": dict(self.setting),
            "value": self.value,
            "cpu_s": self.spent_s,
            "reached_s": self.reached_s,
            "course": [list(one) for one in self.course],
            "labels": labels,
        }


def summed(steps: Iterable[tuple[float, StepCost]]) -> dict[str, float]:
    """Operations of all, from how often each kind of step was taken; memory of the largest."""
    each = list(steps)
    return {
        "flops": sum(times * cost.flops for times, cost in each),
        "peak_mb": max(cost.peak_mb for _, cost in each),
    }
