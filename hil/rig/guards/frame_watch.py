"""Asks the guards about every capture, and about every trial."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import pairwise

from drivers.types import Value
from hil.rig.guards.guard import Finding, FrameGuard, FramesRefused
from hil.rig.guards.known_noise import KnownNoise
from hil.rig.guards.noisiness import differ_by_noise
from hil.rig.guards.past import Origin, Past, PlaceSeen, TrialSeen
from hil.rig.guards.registry import frame_guards
from hil.rig.guards.taken import Taken


class FrameWatch:
    """The guards, and what they remember of one session.

    Parameters
    ----------
    noise_at
        The camera's noise at the settings of a trial; None where nothing is known of it, and guards
        that need it are not asked.
    unguarded
        Names of guards that are not asked.
    """

    def __init__(
        self,
        noise_at: Callable[[Mapping[str, Value]], KnownNoise] | None = None,
        unguarded: Collection[str] = (),
    ) -> None:
        self.noise_at = noise_at
        self.past = Past()
        self._guards = [guard for guard in frame_guards() if guard.name not in unguarded]
        self._camera, self._n_fields = "camera", 0

    def begin(self, camera: str, n_fields: int) -> None:
        """Begin a trial; one that did not come to its end is forgotten.

        Parameters
        ----------
        camera
            Its label, for messages.
        n_fields
            Places from this index on are blank fields.
        """
        self._camera, self._n_fields = camera, n_fields
        self.past.n_fields = n_fields
        self.past.now = TrialSeen(self.past.now.number + bool(self.past.now.places))

    def check(self, taken: Taken, again: Callable[[], Taken]) -> None:
        """Refuse frames that are no measurement.

        Parameters
        ----------
        taken
            Of one capture.
        again
            Takes one frame more, at the same place and settings.

        Raises
        ------
        FramesRefused
        """
        retaken: Taken | None = None
        now = self.past.now
        # What is taken anew, after a pause say, is judged anew.
        now.forget(taken.place)
        asked = self._asked(taken)
        looks = [(guard, guard.look) for guard in asked]
        for guard, look in (*looks, *((guard, guard.last_look) for guard in asked)):
            finding = look(taken, self.past)
            if finding is not None and not finding.certain:
                if retaken is None:
                    retaken = again()
                    self._check_form(retaken)
                finding = guard.settle(taken, finding, retaken, self.past)
            if finding is not None:
                raise self._refused(guard, taken.place, finding)
        self._remember(taken)
        if retaken is not None:
            self._remember_frames(retaken, first=taken.wanted)

    def end(self) -> tuple[str, ...]:
        """Judge the trial as a whole, and remember it.

        Returns
        -------
        tuple
            Flags for its estimate.

        Raises
        ------
        FramesRefused
        """
        trial = self.past.now
        flags = []
        for guard in self._guards:
            finding = guard.over(trial, self.past)
            if finding is not None:
                raise self._refused(guard, finding.place, finding)
            if guard.flag and guard.doubts(trial, self.past):
                flags.append(guard.flag)
        if trial.places:
            self.past.trials.append(trial)
            self.past.now = TrialSeen(trial.number + 1)
        return tuple(flags)

    def _asked(self, taken: Taken) -> list[FrameGuard]:
        known = taken.noise is not None
        return [guard for guard in self._guards if known or not guard.needs_noise]

    def _check_form(self, retaken: Taken) -> None:
        """Refuse a second look that is none: then the first one is not to be trusted either."""
        for guard in self._guards:
            if guard.needs_noise:
                continue
            finding = guard.look(retaken, self.past)
            if finding is not None and finding.certain:
                raise self._refused(guard, retaken.place, finding)

    def _remember(self, taken: Taken) -> None:
        now = self.past.now
        now.places[taken.place] = PlaceSeen.of(taken)
        if not taken.blank:
            now.conditions = taken.conditions
        self._remember_frames(taken, first=0)
        if self.past.repeats_itself is not False and taken.noise is not None:
            for one, other in pairwise(taken.pixels):
                if differ_by_noise(one, other, taken.noise):
                    self.past.repeats_itself = False

    def _remember_frames(self, taken: Taken, first: int) -> None:
        for i, digest in enumerate(taken.digests):
            settings = hash(taken.conditions.values)
            origin = Origin(self.past.now.number, taken.place, first + i, settings)
            self.past.remember(digest, origin)

    def _refused(self, guard: FrameGuard, place: int, finding: Finding) -> FramesRefused:
        blank = place >= self._n_fields > 0
        index = place - self._n_fields if blank else place
        where = f"{self._camera}, {'blank ' if blank else ''}field {index}"
        return FramesRefused(guard.name, place, where, finding)
