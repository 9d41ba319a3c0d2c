"""Frames in which every pixel clips."""

from __future__ import annotations

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past, TrialSeen
from hil.rig.guards.taken import Taken


class AllSaturated(FrameGuard):
    """Every pixel of a frame clips, and no setting explains it.

    Too much light explains it: then one frame taken again clips as well, once a trial, and the
    trial stands, infeasible by ``max_saturated_share``. Refused are frames beside which others of
    the same capture, or the one taken again, do not clip; a field that clips while others of the
    trial do not, where it did not in earlier trials with the same choices; and fields that an
    earlier trial with the same light shows at less than a tenth of the range, exposure allowed for.

    False alarms: a setting with fractions that brings ten times the light and is not one of light
    (an iris, a gain) fails the trial instead of making it infeasible.
    """

    name = "saturated"
    order = 70
    needs_noise = True

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        shares = taken.clipped_share
        if max(shares) < 1:
            return None
        words = f"all pixels read {taken.saturation_adu} ADU or more, where the camera clips"
        figures = {"clips_at_adu": taken.saturation_adu, "mean_adu": max(taken.means_adu)}
        if min(shares) < _NEARLY:
            return Finding(f"{words}, in one frame of {len(shares)}", figures)
        now = past.now
        known = {place for guard, place in now.confirmed if guard == self.name}
        if known and set(now.others(taken.place)) <= known:
            now.confirmed.add((self.name, taken.place))
            return None
        return Finding(words, figures, certain=False)

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        if again.clipped_share[0] < _NEARLY:
            return finding
        past.now.confirmed.add((self.name, taken.place))
        return None

    def over(self, trial: TrialSeen, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        clipped = {place for guard, place in trial.confirmed if guard == self.name}
        for place in sorted(clipped & set(trial.places)):
            if (expected := self._expected(place, clipped, trial, past)) is None:
                continue
            top = trial.places[place].mean_adu
            return Finding(
                f"all pixels clip, about {expected:.0f} ADU were to be expected of {top:.0f}",
                {"mean_adu": top, "expected_adu": expected},
                place=place,
            )
        return None

    def _expected(
        self, place: int, clipped: set[int], trial: TrialSeen, past: Past
    ) -> float | None:
        """Give what earlier trials let expect, if it is far from clipping."""
        top = trial.places[place].mean_adu
        unclipped = {i: seen for i, seen in trial.others(place).items() if i not in clipped}
        for before in past.same_switches(trial.conditions):
            seen = before.places.get(place)
            if seen is None or (self.name, place) in before.confirmed:
                continue
            if unclipped:
                there = [
                    seen.mean_adu / b.mean_adu
                    for i in unclipped
                    if (b := before.places.get(i)) and b.mean_adu
                ]
                here = max(s.mean_adu for s in unclipped.values())
                if there and here * max(there) < top / 2:
                    return here * max(there)
            times = trial.conditions.exposed_alike(before.conditions)
            if times is not None and seen.mean_adu * max(times, 1.0) < top / 10:
                return seen.mean_adu * max(times, 1.0)
        return None


_NEARLY = 0.9

GUARD = AllSaturated()
