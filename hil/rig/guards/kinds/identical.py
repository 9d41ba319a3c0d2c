"""Frames that are copies: a stuck buffer, a frame handed out twice."""

from __future__ import annotations

from hil.rig.guards.chance import BY_NO_CHANCE, log10_agree
from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.noisiness import differ_by_noise
from hil.rig.guards.past import Origin, Past
from hil.rig.guards.taken import Taken


class IdenticalFrames(FrameGuard):
    """A frame that equals an earlier one, bit by bit, though their noise cannot be the same.

    Judged by the probability that two frames of that light agree under the known noise: few pixels
    that count 0 or 1 may well agree, and so may pixels that clip or hold one value. A rig whose
    frames have differed at the same settings is noisy, and a copy is refused. Where nobody knows
    yet, one frame is taken again: if it differs from the copy, the rig is noisy. If it is the same
    again, the rig repeats itself (a simulator without noise, one with a fixed seed, a recording);
    then only a frame of another place is refused, and one that stayed from the last frame taken
    although settings changed: that is a buffer that is stuck.

    False alarms: less than one in 10^12 comparisons where the noise model holds. A rig without
    noise is taken for stuck where all its places look the same, and are not even, or where it has
    one field and settings change nothing.
    """

    name = "identical"
    order = 90
    needs_noise = True

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        found = self._copy(taken, past)
        if found is None:
            return None
        repeat, origin = found
        pixels = taken.pixels[repeat]
        if pixels.min() == pixels.max():  # said by other guards, where it is wrong
            return None
        assert taken.noise is not None
        clip_adu = taken.saturation_adu
        own = [log10_agree(part, noise, clip_adu).sum() for part, noise in taken.noise.each(pixels)]
        chance = float(sum(own))
        if chance > BY_NO_CHANCE:
            return None
        if past.repeats_itself and not _stuck(taken, taken.digests[repeat], origin, past):
            return None
        noisy = past.repeats_itself is False
        return Finding(
            f"frame {repeat} is bit by bit that of {_words(origin, taken, past)}, frozen or handed"
            f" out twice (by chance once in 10^{min(-chance, 1e9):.0f})",
            {"repeat": repeat, "log10_chance": chance, **origin._asdict()},
            certain=noisy or bool(past.repeats_itself),
        )

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        found = self._copy(taken, past)
        assert found is not None
        assert taken.noise is not None
        digest = taken.digests[found[0]]
        if differ_by_noise(taken.pixels[found[0]], again.pixels[0], taken.noise):
            past.repeats_itself = False
            return finding
        if _stuck(taken, digest, found[1], past):
            return finding
        past.repeats_itself = True
        return None

    def _copy(self, taken: Taken, past: Past) -> tuple[int, Origin] | None:
        """First frame that was there before, and where."""
        here: dict[bytes, int] = {}
        for repeat, digest in enumerate(taken.digests):
            if digest in past.origins:
                return repeat, past.origins[digest]
            if digest in here:
                settings = hash(taken.conditions.values)
                return repeat, Origin(past.now.number, taken.place, here[digest], settings)
            here[digest] = repeat
        return None


def _stuck(taken: Taken, digest: bytes, origin: Origin, past: Past) -> bool:
    """Whether the frame is one of elsewhere, or stayed from one command to the next."""
    if origin.place != taken.place:
        return True
    return origin.settings != hash(taken.conditions.values) and digest == past.latest


def _words(origin: Origin, taken: Taken, past: Past) -> str:
    ago = past.now.number - origin.trial
    if ago == 0 and origin.place == taken.place:
        return f"frame {origin.repeat}"
    when = "" if ago == 0 else f", {ago} {'trial' if ago == 1 else 'trials'} before"
    return f"frame {origin.repeat} of place {origin.place}{when}"


GUARD = IdenticalFrames()
