"""The report's figures of a session that goes on, drawn anew now and then."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from hil.report.drawing import svg
from hil.report.material import Material, material_of
from hil.report.plot import KINDS
from hil.web.paced import SHARE

if TYPE_CHECKING:
    from hil.store import Database

_EVERY_S = 5.0
# Settings of drawing belong to the process, so one figure is drawn at a time.
_DRAWING = threading.Lock()


class Shown(NamedTuple):
    """A figure of the page: its name, its title, and what it shows."""

    kind: str
    title: str
    caption: str


SHOWN = (
    Shown(
        "history",
        "Trial by trial",
        "Each trial with its interval; the line is the best value so far.",
    ),
    Shown(
        "slices",
        "Each setting",
        "Later trials are darker, the best one is the orange dot; the line is what the setting does"
        " by itself, by a model of all settings.",
    ),
    Shown("importance", "Which settings matter", "How far the best tenth lies from all trials."),
    Shown("pairs", "The two settings that matter most", "The circle is the best trial."),
    Shown("parallel", "All settings at once", "A line a trial; the best one is orange."),
    Shown("fields", "Fields of view", "Bits of each; white where a trial did not measure it."),
)
FRONT = Shown("pareto", "Objectives against each other", "Trials on the front are numbered.")
METRICS = Shown(
    "metrics", "Metrics beside information", "Each metric of the session file, trial by trial."
)
DRIFT = Shown("drift", "Drift", "Reference trials, at the same settings each time.")


class LiveFigures:
    """Figures of one session. Any thread.

    Parameters
    ----------
    database
        Where it is read from.
    session_id
        Full id.
    """

    def __init__(self, database: Database, session_id: str) -> None:
        self._database = database
        self._session_id = session_id
        self._material: Material | None = None
        self._drawn: dict[str, str] = {}
        self._version = self._wanted = ""
        self._next_s = -float("inf")
        self._cost_s = 0.0

    def version(self, present: str) -> str:
        """Name what the page is to show: the session as it is, or as it was drawn lately.

        Parameters
        ----------
        present
            A name of how far the session is now.
        """
        if present != self._wanted and time.monotonic() >= self._next_s:
            self._wanted = present
        return self._wanted

    def draw(self, kind: str) -> str:
        """Draw a figure as SVG."""
        with _DRAWING:
            began_s = time.thread_time()
            if self._material is None or self._version != self._wanted:
                self._version, self._cost_s = self._wanted, 0.0
                self._drawn.clear()
                self._material = material_of(self._database, self._session_id)
            if kind not in self._drawn:
                self._drawn[kind] = svg(KINDS[kind](self._material))
            self._cost_s += time.thread_time() - began_s
            self._next_s = time.monotonic() + max(_EVERY_S, self._cost_s / SHARE)
            return self._drawn[kind]
