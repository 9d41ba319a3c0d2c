"""What ``--also`` asks for: further unknowns of a rig that is to be fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hil.errors import InputError, nearest
from hil.twin.data import TrialFrames
from sim.parts.unknown import SceneOptics

GAIN = "gain"
AXES = "axis_scale"
OFFER = f"{AXES} (of all that moved), {GAIN}"


@dataclass(frozen=True, slots=True)
class AskedUnknowns:
    """Further unknowns.

    Parameters
    ----------
    names
        Of `SceneOptics.further`.
    gain
        Whether the camera's gain is one.
    suspects
        Scales of axes that moved and were not asked for.
    """

    names: tuple[str, ...]
    gain: bool
    suspects: tuple[str, ...]


def take_asked(
    also: Sequence[str], optics: SceneOptics, trials: Sequence[TrialFrames]
) -> AskedUnknowns:
    """Find what is meant.

    Parameters
    ----------
    also
        Names of `SceneOptics.further`, `GAIN`, or `AXES` for the scales of all axes that moved.
    trials
        What the rig is fitted to.

    Raises
    ------
    InputError
        There is no such unknown, or its axis stood still.
    """
    moved = tuple(name for name in optics.further if _moved(name, trials))
    names: list[str] = []
    for name in also:
        if name == GAIN:
            continue
        if name == AXES and moved:
            names += moved
        elif name not in optics.further:
            offered = [AXES, GAIN, *optics.further]
            raise InputError("--also", name, f"is no unknown of this rig, {nearest(name, offered)}")
        elif name.startswith(f"{AXES}.") and name not in moved:
            axis = name.removeprefix(f"{AXES}.")
            raise InputError("--also", name, f"{axis} stood still: nothing tells its scale")
        else:
            names.append(name)
    chosen = tuple(dict.fromkeys(names))
    return AskedUnknowns(chosen, GAIN in also, tuple(name for name in moved if name not in chosen))


def _moved(name: str, trials: Sequence[TrialFrames]) -> bool:
    axis = name.removeprefix(f"{AXES}.")
    return axis != name and len({one.settings[axis] for one in trials}) > 1
