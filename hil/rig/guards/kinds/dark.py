"""Dark frames where light was commanded: a shutter left shut, a lamp that is out."""

from __future__ import annotations

import math
from statistics import median

import numpy as np

from hil.rig.guards.conditions import Conditions
from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past, PlaceSeen, TrialSeen
from hil.rig.guards.taken import Taken


class DarkField(FrameGuard):
    """No light in a field of view though light was commanded, and no setting explains it.

    A frame is dark where its mean is that of the noise model without light, and no more than two
    pixels in a thousand stand out; or where a field has less than a tenth of what it had in earlier
    trials beside the other fields of this one. Blank fields, exposures of 0 and light that is set
    to 0 are let be.

    Refused are dark frames beside lit ones of the same capture, or beside the one that is taken
    again. Dark in both, a field is refused at the end of the trial where other fields are lit and
    it was, too, in an earlier trial with the same choices. Where no earlier trial tells, it may be
    the sample: the estimate is flagged ``dark_field`` and cannot win. So it is where the whole
    trial is dark, if it is the first with these choices or an earlier one under the same light was
    not; and where the second frame is brighter than chance has it, and too few pixels make that
    sure.

    False alarms: a field without a single photon beside lit ones costs the first trial its chance
    to win; after that it is known. So does a first trial that is dark as a whole. A setting with
    fractions that puts out one field and no other fails its trial.
    """

    name = "dark"
    order = 65
    needs_noise = True
    flag = "dark_field"

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        if taken.blank or not taken.conditions.lit:
            return None
        signals = taken.signals_adu
        seen = PlaceSeen.of(taken)
        expected = _expected_adu(taken.place, past.now, past, taken.conditions)
        if math.isnan(seen.signal_adu):
            return self._darker_than_before(seen, expected)
        dark = [i for i in range(len(signals)) if _is_dark(taken, i)]
        if dark and _went_out(signals[dark[0]], max(signals), taken):
            return self._finding(signals[dark[0]], max(signals), "in another frame of it", True)
        explained = seen.signal_adu >= _SOME * expected
        lost = expected >= 10 * seen.limit_adu and seen.signal_adu < _FEW * expected
        if (len(dark) < len(signals) or explained) and not lost:
            return None
        if self._known_dark(taken, past):
            past.now.confirmed.add((self.name, taken.place))
            return None
        return self._finding(seen.signal_adu, expected, "by earlier trials", False)

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        if taken.noise is None or taken.noise.dark_adu is None:
            before, after = min(taken.means_adu), again.means_adu[0]
            expected = float(finding.figures["expected_adu"])
            return finding if after > (before + expected) / 2 else None
        signal, lit = min(taken.signals_adu), again.signals_adu[0]
        if _went_out(signal, lit, taken):
            return self._finding(signal, lit, "in a frame taken right after it", True)
        past.now.confirmed.add((self.name, taken.place))
        if _may_have_gone_out(signal, lit, taken):
            past.now.undecided.add((self.name, taken.place))
        return None

    def over(self, trial: TrialSeen, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        for place in self._among_lit(trial):
            seen = trial.places[place]
            expected = _expected_adu(place, trial, past, trial.conditions)
            if seen.signal_adu < _SOME * expected:
                found = self._finding(seen.signal_adu, expected, "by earlier trials", True)
                return Finding(found.words, found.figures, place=place)
        return None

    def doubts(self, trial: TrialSeen, past: Past) -> bool:
        """See `FrameGuard`."""
        if any(guard == self.name and p in trial.places for guard, p in trial.undecided):
            return True
        dark = {p for guard, p in trial.confirmed if guard == self.name and p in trial.places}
        earlier = list(past.same_switches(trial.conditions))
        if among := self._among_lit(trial):
            return any(
                all((self.name, p) not in t.confirmed for t in earlier)
                and math.isnan(_expected_adu(p, trial, past, trial.conditions))
                for p in among
            )
        if dark and not earlier:
            return True
        for before in earlier:
            times = trial.conditions.exposed_alike(before.conditions)
            for place in dark & set(before.places):
                seen = before.places[place]
                if times is not None and seen.signal_adu * times >= 10 * seen.limit_adu:
                    return True
        return False

    def _among_lit(self, trial: TrialSeen) -> list[int]:
        """Dark fields of a trial that has lit ones."""
        dark = {p for guard, p in trial.confirmed if guard == self.name and p in trial.places}
        lit = any(s.bright for p, s in trial.places.items() if p not in dark and not s.blank)
        return sorted(dark) if lit else []

    def _known_dark(self, taken: Taken, past: Past) -> bool:
        """Whether a second look would tell nothing new: dark before, or like all of this trial."""
        now, signal = past.now, min(taken.signals_adu)

        def as_dark_as(seen: PlaceSeen, times: float = 1.0) -> bool:
            return not _lost_most(signal, times * seen.signal_adu, taken, _UNLIKE, 0.0)

        others = now.others(taken.place)
        if others and all((self.name, place) in now.confirmed for place in others):
            return all(as_dark_as(seen) for seen in others.values())
        earlier = [t for t in past.same_switches(taken.conditions) if taken.place in t.places]
        return bool(earlier) and all(
            (self.name, taken.place) in t.confirmed
            and as_dark_as(
                t.places[taken.place], taken.conditions.exposed_alike(t.conditions) or 0.0
            )
            for t in earlier
        )

    def _darker_than_before(self, seen: PlaceSeen, expected: float) -> Finding | None:
        """Judge by means alone, where nobody knows what a pixel reads in the dark."""
        if not seen.mean_adu < 0.6 * expected:
            return None
        words = f"the mean is {seen.mean_adu:.1f} ADU, by earlier trials {expected:.1f}"
        figures = {"mean_adu": seen.mean_adu, "expected_adu": expected}
        return Finding(f"light was commanded and {words}", figures, certain=False)

    def _finding(self, signal: float, expected: float, where: str, certain: bool) -> Finding:
        words = f"light was commanded and the mean is {signal:+.2f} ADU from the dark level"
        figures = {"signal_adu": signal}
        if not math.isnan(expected):
            words += f", {where} {expected:+.1f}"
            figures["expected_adu"] = expected
        return Finding(words, figures, certain)


_FEW = 0.1
_SOME = 0.3
_STANDING_OUT = 0.002
# Standard deviations of what two frames differ by.
_BY_NO_CHANCE, _LIKELY, _UNLIKE = 8.0, 3.5, 3.0


def _is_dark(taken: Taken, i: int) -> bool:
    """Whether a frame may hold no light at all."""
    assert taken.noise is not None
    assert taken.noise.dark_adu is not None
    if taken.signals_adu[i] > taken.limit_adu:
        return False
    shares = []
    for pixels, noise in taken.noise.each(taken.pixels[i]):
        dark_adu = noise.dark_adu or 0.0
        most_adu = dark_adu + 6 * math.sqrt(max(noise.variance_adu2(dark_adu), 1 / 12))
        shares.append(float(np.mean(pixels > most_adu)))
    return sum(shares) / len(shares) <= _STANDING_OUT


def _went_out(signal_adu: float, lit_adu: float, taken: Taken) -> bool:
    """Whether most of the light between two frames of one scene is gone, beyond all noise."""
    return _lost_most(signal_adu, lit_adu, taken, _BY_NO_CHANCE, taken.dark_error_adu)


def _may_have_gone_out(signal_adu: float, lit_adu: float, taken: Taken) -> bool:
    """Whether that is likely: chance alone does it once in 4,000 times."""
    return _lost_most(signal_adu, lit_adu, taken, _LIKELY, 0.5 * taken.dark_error_adu)


def _lost_most(
    signal_adu: float, lit_adu: float, taken: Taken, sigmas: float, slack_adu: float
) -> bool:
    assert taken.noise is not None
    assert taken.noise.dark_adu is not None
    lost_adu = lit_adu - signal_adu
    scatter_adu = math.sqrt(2) * taken.scatter_adu(taken.noise.dark_adu + lit_adu)
    return lost_adu > sigmas * scatter_adu and lost_adu > 0.5 * (lit_adu + slack_adu)


def _expected_adu(place: int, trial: TrialSeen, past: Past, conditions: Conditions) -> float:
    """Light of a field by what it had beside the trial's other fields before; NaN if unknown.

    Where the dark level is not known, the mean.
    """
    odd = {i for _, i in trial.confirmed}
    others = {i: seen for i, seen in trial.others(place).items() if i not in odd}
    ratios = []
    for before in past.same_switches(conditions):
        there = before.places.get(place)
        if there is None or any(p == place for _, p in before.confirmed):
            continue
        for i, other in others.items():
            then = before.places.get(i)
            if then is None:
                continue
            if math.isnan(there.signal_adu):
                ratios.append(other.mean_adu * there.mean_adu / max(then.mean_adu, 1e-9))
            elif there.bright and then.bright and other.bright:
                ratios.append(other.signal_adu * there.signal_adu / then.signal_adu)
    return median(ratios) if ratios else math.nan


GUARD = DarkField()
