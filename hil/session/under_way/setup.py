"""What a session stands on, and a session under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hil.calibration.rig_noise import RigNoise
from hil.clock import Clock
from hil.records.session import Observer
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.rig import Rig
from hil.session.baseline import Baseline
from hil.session.by_hand.turns import Turns
from hil.session.control.attended import Attended
from hil.session.control.pausing import Pausing
from hil.session.planned import Planned
from hil.session.search_space import SearchSpace
from hil.session.sequence.plane_noise import PlaneNoise
from hil.session.waiting import Waiting
from hil.session.watched_store import WatchedStore
from hil.spec import SessionFile
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import SupervisedRig
from hil.supervision.watch import Watch

if TYPE_CHECKING:
    from hil.store import Database, SqlStore


@dataclass(frozen=True, slots=True)
class SessionSetup:
    """Everything that a session stands on.

    Parameters
    ----------
    file, held, space, baseline, noise
        What is run, on which rig, over what, from where, and with which noise model.
    database, session_id
        Where it is recorded.
    clock
        Time.
    accept_calibration
        Whether a calibration that no longer fits is used all the same.
    resumed, joined
        Whether it goes on with an earlier process's trials, or beside another's.
    planned
        Trials that are given; None where a sampler searches.
    turns
        Who says when which trial is measured; None where they follow each other.
    """

    file: SessionFile
    held: SupervisedRig
    space: SearchSpace
    baseline: Baseline
    noise: RigNoise
    database: Database
    session_id: str
    clock: Clock
    accept_calibration: bool = False
    resumed: bool = False
    joined: bool = False
    planned: Planned | None = None
    turns: Turns | None = None

    @property
    def rig(self) -> Rig:
        """The devices."""
        return self.held.rig

    def plane_noise(self) -> PlaneNoise:
        """Tell the noise model of frames by the settings of their trial."""
        return PlaneNoise(self.noise, self.rig.noise_conditions, self.baseline.images())


@dataclass(frozen=True, slots=True)
class Run:
    """A session under way."""

    setup: SessionSetup
    capture: Capture
    rows: SqlStore
    waiting: Waiting
    thinker: WorkerThread
    attended: Attended
    pausing: Pausing
    watch: Watch
    look: Callable[[], None]
    observer: Observer
    stop: StopSwitch

    @property
    def store(self) -> WatchedStore:
        """The store, waited for in the dark."""
        think = partial(self.waiting.run, thread=self.thinker)
        return WatchedStore(self.rows, self.waiting.run, think)
