"""How a running session looks in a terminal: a live view, or plain lines where there is none."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hil.cli.screen.unread import Unread
from hil.records.session import Snapshot
from hil.records.spans import duration
from hil.waits.waits import WAITS

_PLAIN_EVERY_S = 5.0
_DRAWN_EVERY_S = 0.25


def best_text(snapshot: Snapshot) -> str:
    """Write the best trial with its interval; the text is plain, never markup."""
    best = snapshot.best
    if best is None:
        return "-"
    interval = ""
    if math.isfinite(best.ci_low) and math.isfinite(best.ci_high):
        interval = f" ({best.ci_low:.4g} to {best.ci_high:.4g})"
    return f"{best.objective:.4g}{interval}, trial {best.number}"


class TerminalView:
    """Shows a session; use it as a context manager, and give it to ``run_session`` as observer.

    Parameters
    ----------
    console
        Where to.
    title
        The session's name; shown as it is.
    objective
        What is maximised.
    """

    def __init__(self, console: Console, title: str, objective: str) -> None:
        self._console = console
        self._title = title
        self._objective = objective
        self._plain = not console.is_terminal
        self._said_s = -math.inf
        self._said_fault = self._said_note = ""
        # Drawn here alone: a thread of Rich's would hold its lock while nobody reads.
        self._live = None if self._plain else Live(console=console, auto_refresh=False)
        self._drawn_s = -math.inf
        self._latest: Snapshot | None = None

    def __enter__(self) -> Self:
        self._screen = Unread()
        self._told = WAITS.told_to(self._say)
        self._told.__enter__()
        if self._live is not None:
            self._screen.show(self._live.start)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._told.__exit__(kind, error, trace)
        if self._live is not None:
            self._screen.show(self._draw)
            self._screen.show(self._live.stop)
        self._screen.end()

    def __call__(self, snapshot: Snapshot) -> None:
        """Show a snapshot, and wait for nobody; drawing happens at most four times a second."""
        if self._live is None:
            self._line(snapshot)
            return
        self._latest = snapshot
        if time.monotonic() - self._drawn_s >= _DRAWN_EVERY_S:
            self._drawn_s = time.monotonic()
            self._screen.show(self._draw)

    def _draw(self) -> None:
        if self._live is not None and self._latest is not None:
            self._live.update(self._table(self._latest), refresh=True)

    def _line(self, snapshot: Snapshot) -> None:
        """Say something when a trial has ended, but not more often than people read."""
        if snapshot.note != self._said_note:  # why it waits, for whom a log is all there is
            self._said_note = snapshot.note
            if snapshot.note:
                self._say(snapshot.note)
        ended = snapshot.state is not None and snapshot.state.ended
        fault = snapshot.last_fault != self._said_fault
        due = time.monotonic() - self._said_s >= _PLAIN_EVERY_S or snapshot.n_ended in (
            1,
            snapshot.trials,
        )
        if not ended or not (due or fault):
            return
        self._said_s = time.monotonic()
        line = (
            f"{snapshot.n_ended} of {snapshot.trials} trials, best {best_text(snapshot)},"
            f" {duration(snapshot.seconds_left)} left"
        )
        if fault:
            self._said_fault = snapshot.last_fault
            line += f"; fault: {snapshot.last_fault}"
        self._say(line)

    def _say(self, line: str) -> None:
        self._screen.show(lambda: self._console.print(Text(line), soft_wrap=True))

    def _table(self, snapshot: Snapshot) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        table.add_column()
        table.add_row("session", Text(self._title))
        bar = ProgressBar(total=snapshot.trials, completed=snapshot.n_ended, width=40)
        table.add_row("trials", bar)
        table.add_row("", Text(f"{snapshot.n_ended} of {snapshot.trials}"))
        state = "" if snapshot.state is None else str(snapshot.state)
        where = f"{snapshot.number}  {state}" if snapshot.number is not None else "-"
        if state in ("PROPOSED", "APPLIED"):
            where += f"  field {snapshot.field} of {snapshot.n_fields}"
        table.add_row("trial", Text(where))
        table.add_row("best", Text(f"{best_text(snapshot)}  {self._objective}"))
        table.add_row(
            "pace",
            Text(
                f"{duration(snapshot.seconds_per_trial)} a trial,"
                f" {duration(snapshot.seconds_left)} left"
            ),
        )
        if snapshot.last_fault:
            table.add_row("last fault", Text(snapshot.last_fault, style="red"))
        if snapshot.note:
            table.add_row("", Text(snapshot.note, style="yellow"))
        return table
