"""Frames of another size: cropped, cut short, or of a region that nobody set."""

from __future__ import annotations

from hil.rig.guards.guard import Finding, FrameGuard
from hil.rig.guards.past import Past
from hil.rig.guards.taken import Taken


class FrameSize(FrameGuard):
    """A shape unlike that of the other frames of the trial, or of earlier trials.

    Settings with choices, whole numbers, binning and regions may change the shape. Where all of
    these are as in an earlier trial whose frames had another shape, one frame is taken again: one
    of that earlier shape refuses those at hand; one of theirs refuses them only if two trials or
    more had the other shape, since a single one may itself have been wrong. Of the first frames
    with a single field of view nothing tells: one is taken again, and refuses others.

    False alarms: none, unless a setting with fractions changes the number of pixels.
    """

    name = "size"
    order = 10

    def look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        shapes = [pixels.shape for pixels in taken.pixels]
        odd = next((shape for shape in shapes if shape != shapes[0]), None)
        if odd is not None:
            return _unlike(odd, shapes[0], "those taken with it")
        if 0 in shapes[0] or len(shapes[0]) not in (2, 3):
            return Finding(f"the frames are {_words(shapes[0])}, which is no image")
        for seen in past.now.places.values():
            if seen.form[0] != shapes[0]:
                return _unlike(shapes[0], seen.form[0], "those of the fields before")
        others, mine = _shapes_before(taken, past)
        if len(others) <= len(mine):
            return None
        return _unlike(shapes[0], others[0], "those of earlier trials", certain=False)

    def last_look(self, taken: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        others, mine = _shapes_before(taken, past)
        if others or mine or taken.blank or past.n_fields != 1:
            return None
        return Finding("nothing tells what size the frames have", certain=False)

    def settle(self, taken: Taken, finding: Finding, again: Taken, past: Past) -> Finding | None:
        """See `FrameGuard`."""
        others, mine = _shapes_before(taken, past)
        shape, after = taken.frames[0].pixels.shape, again.frames[0].pixels.shape
        stays = after == shape
        if not (others or mine):
            return None if stays else _unlike(shape, after, "one that was taken right after it")
        return None if stays and len(others) < len(mine) + 2 else finding


def _shapes_before(taken: Taken, past: Past) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Shapes of earlier trials that no setting tells from this one: others, and like it."""
    mine = taken.frames[0].pixels.shape
    trials = past.same_switches(taken.conditions)
    shapes = [next(iter(trial.places.values())).form[0] for trial in trials]
    return [s for s in shapes if s != mine], [s for s in shapes if s == mine]


def _words(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape)


def _unlike(
    shape: tuple[int, ...], other: tuple[int, ...], whose: str, *, certain: bool = True
) -> Finding:
    words = f"a frame is {_words(shape)}, {whose} {_words(other)}"
    return Finding(words, {"shape": _words(shape), "expected": _words(other)}, certain)


GUARD = FrameSize()
