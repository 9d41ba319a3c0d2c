"""Calls into one driver, on a thread of their own, each with a deadline.

A call that misses its deadline is left behind with its thread: whoever asked gets an error, the
device is asked for nothing more until that call has returned, and the driver's other devices are
reached from a new thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import psutil

from drivers.errors import DeviceFault, DriverError
from hil.rig.calls.foreign_errors import in_words
from hil.rig.calls.process_state import ProcessKept
from hil.rig.device_thread import ABANDONED
from sim.parts.exposing import COMPUTING, ended_s

T = TypeVar("T")

# A call that waits behind another looks this often whether that one is late.
_LOOK_S = 0.05
# A wait is looked at so often; one that took so much longer than it was to tells of a process that
# did not run: it was stopped, or its machine was. Such time is on nobody's account.
_SLICE_S = 0.5
_ASLEEP_S = 1.0
# Share of a processor that the thread of a simulated device has where it computes, however busy the
# machine; and how many deadlines it is given at most.
_COMPUTES = 0.03
_MOST_LATE = 20


@dataclass(frozen=True, slots=True)
class Hang:
    """A call that missed its deadline.

    Parameters
    ----------
    device, action
        Whose it is, and what it was asked to do.
    waited_s
        The deadline, seconds.
    """

    device: str
    action: str
    waited_s: float

    def __str__(self) -> str:
        return f"{self.device}: {self.action} has not returned for {self.waited_s:g} s"


class CallHangs(DriverError):
    """A device does not return from a call; it is not waited for any longer."""

    def __init__(self, hang: Hang) -> None:
        self.hang = hang
        super().__init__(str(hang))


class _Call:
    """One call on its way: waiting, running, done, or left behind."""

    def __init__(self, hang: Hang, work: Callable[[], Any]) -> None:
        self.hang = hang
        self.work = work
        self.kept = ProcessKept()
        self.began_s: float | None = None
        self.cpu_before_s = 0.0
        self.answered = threading.Event()  # it has returned, or is left behind
        self.returned = False
        self.left = False
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with self.kept:
                self.result = self.work()
        except Exception as error:
            self.error = error
        except BaseException as error:
            # No signal comes to this thread: a library that calls sys.exit, or raises what stands
            # for Ctrl-C, is a device at fault, and ends neither the program nor the night.
            self.error = DeviceFault(self.hang.device, self.hang.action, in_words(error))

    def age_s(self) -> float:
        """Tell for how long it has been running, seconds; 0 while it has not begun."""
        return 0.0 if self.began_s is None else time.monotonic() - self.began_s

    def remaining_s(self) -> float | None:
        """Tell the time to its deadline, seconds; None while it has not begun."""
        return None if self.began_s is None else self.hang.waited_s - self.age_s()


class _Thread:
    """A thread that takes calls until one of them is left behind on it."""

    def __init__(self, calls: SimpleQueue[_Call | None], guard: threading.Lock, name: str) -> None:
        self.call: _Call | None = None
        self._calls = calls
        self._guard = guard
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.cpu_before_s = time.thread_time() + ended_s()
            call.began_s = time.monotonic()
            self.call = call
            call.run()
            with self._guard:
                self.call = None
                call.returned = True
                call.answered.set()
                if call.left:  # another thread has taken the place of this one
                    return


def _cpu_s(*threads: threading.Thread) -> float:
    """Tell the processor time that threads have used, seconds."""
    used = {own.id: own.user_time + own.system_time for own in psutil.Process().threads()}
    return float(sum(used.get(thread.native_id or 0, 0.0) for thread in threads))


class DriverCalls:
    """The one way into a driver.

    Parameters
    ----------
    name
        Of the driver, for debuggers.
    on_hang
        Told of each call that misses its deadline, on the thread that waited for it.
    """

    def __init__(self, name: str, on_hang: Callable[[Hang], None] = lambda hang: None) -> None:
        self._name = f"hil-driver {name}"
        self._on_hang = on_hang
        self._guard = threading.Lock()
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = _Thread(self._calls, self._guard, self._name)
        self._left: dict[str, _Call] = {}
        self._awake_s = time.monotonic()
        # A simulated device computes: on a machine that has other work its calls take longer, and
        # as long as its thread gets on they do not hang.
        self.simulated = False
        # Of a recording all but the frames are in memory: on another thread such a call takes many
        # times what it takes by itself, and it cannot hang.
        self.in_memory = False

    def run(self, device: str, action: str, work: Callable[[], T], deadline_s: float) -> T:
        """Run a call, and wait for it no longer than its deadline.

        Parameters
        ----------
        device, action
            Whose it is, and what it asks for, in the words of errors.
        work
            The call.
        deadline_s
            From its beginning, seconds; calls before it in the queue have deadlines of their own.

        Raises
        ------
        CallHangs
            It missed its deadline, or an earlier call of the same device has not yet returned.
        Exception
            What the call raised.
        """
        if threading.current_thread() is self._thread.thread:
            return work()
        call = _Call(Hang(device, action, deadline_s), work)
        with self._guard:
            before = self._left.get(device)
            if before is not None and not before.returned:
                raise CallHangs(before.hang)
            self._left.pop(device, None)
            self._calls.put(call)
        while not self._answered(call):
            self._leave_behind_if_late()
        if call.left:
            raise CallHangs(call.hang)
        if call.error is not None:
            raise call.error
        return call.result  # type: ignore[no-any-return]

    def run_brief(self, device: str, action: str, work: Callable[[], T], deadline_s: float) -> T:
        """Run a call that is to return at once: as `run`, or here where all is in memory."""
        return work() if self.in_memory else self.run(device, action, work, deadline_s)

    def run_each(
        self, device: str, steps: Sequence[tuple[str, Callable[[], T]]], deadline_s: float
    ) -> list[T]:
        """Run calls of one device one after the other, each with its own deadline, in one go.

        The same as `run` for each, without the way from thread to thread and back in between.

        Parameters
        ----------
        device
            Whose they are.
        steps
            What each asks for, in the words of errors, and the call.
        deadline_s
            Of each, from its own beginning, seconds.

        Raises
        ------
        CallHangs
            One missed its deadline; those after it are not made, also when it returns later.
        Exception
            What a call raised; those after it are not made.
        """
        within = threading.current_thread() is self._thread.thread
        if within or self.in_memory:
            return [step() for _, step in steps]
        found: list[T] = []

        def work() -> list[T]:
            for action, step in steps:
                if not self._next_step(Hang(device, action, deadline_s)):
                    break
                found.append(step())
            return found

        return self.run(device, steps[0][0], work, deadline_s) if steps else found

    def _next_step(self, hang: Hang) -> bool:
        """Begin a step of the call that runs on this thread; False where it was left behind."""
        with self._guard:
            call = self._thread.call
            if threading.current_thread() is not self._thread.thread:
                return False
            if call is not None:
                call.hang = hang
                call.cpu_before_s = time.thread_time() + ended_s()
                call.began_s = time.monotonic()
            return True

    def close(self) -> None:
        """End the thread after the calls that it has been given."""
        self._calls.put(None)

    def _answered(self, call: _Call) -> bool:
        """Wait for a call until it may be late; time in which this process did not run is left out.

        After such a pause the device has answered long ago, and its thread has yet to hear it.
        """
        slice_s = min(self._patience_s(call), _SLICE_S)
        over_s = time.monotonic() + slice_s
        if call.answered.wait(slice_s):
            return True
        now_s = time.monotonic()
        with self._guard:
            asleep_s = now_s - max(over_s, self._awake_s)
            if asleep_s > _ASLEEP_S:
                self._awake_s = now_s
                late = self._thread.call
                if late is not None and late.began_s is not None:
                    late.began_s = min(late.began_s + asleep_s, now_s)
        return False

    def _patience_s(self, call: _Call) -> float:
        remaining_s = call.remaining_s()
        if remaining_s is None:
            return _LOOK_S
        return max(remaining_s, _LOOK_S if self.simulated else 0.001)

    def leave_behind(self, older_than_s: float) -> None:
        """Wait no longer for a call that has been going on for longer than that, deadline or not.

        For the end of a program that was asked to stop.
        """
        with self._guard:
            call = self._thread.call
            if call is None or call.age_s() <= older_than_s:
                return
            # The present is its deadline.
            call.hang = Hang(call.hang.device, call.hang.action, int(10 * call.age_s()) / 10)
        self._leave_behind_if_late(patient=False)

    def _gets_on(self, call: _Call) -> bool:
        """Whether a call that is late computes, and does not wait for something."""
        age_s = call.age_s()
        # A simulated camera may compute its picture on another thread, to hear a cancel meanwhile.
        others = [thread for thread in threading.enumerate() if thread.name == COMPUTING]
        computed_s = _cpu_s(self._thread.thread, *others) + ended_s() - call.cpu_before_s
        return computed_s > _COMPUTES * age_s and age_s < _MOST_LATE * call.hang.waited_s

    def _leave_behind_if_late(self, *, patient: bool = True) -> None:
        with self._guard:
            late = self._thread.call
            if late is None or late.returned:
                return
            remaining_s = late.remaining_s()
            if remaining_s is None or remaining_s > 0:
                return
            if patient and self.simulated and self._gets_on(late):
                return
            late.left = True
            late.kept.leave_behind()
            late.answered.set()
            self._left[late.hang.device] = late
            self._thread.thread.name = f"{ABANDONED} {late.hang.device}: {late.hang.action}"
            self._thread = _Thread(self._calls, self._guard, self._name)
        self._on_hang(late.hang)
