"""Whether modes do what the rig file says: each moved a little both ways, frames compared.

I+, I-, I0 : mean frames with a mode at +a, at -a, and back where it was, each over its mean
D          : I+ - I0 and I- - I0; energy <D1 D2> over pixels, from odd and from even repeats, so
             that noise adds nothing on average
O          : (I+ - I-) / 2a, the odd response of a mode, which turns with its sign
R          : O = O_ref R by least squares: what each mode does, in modes of a reference that was
             taken when the mirror was known to be right; R is the identity where nothing changed.
             Products are taken between halves, so that noise of the reference weakens nothing
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drivers.given import MOST_NUMBERS_BYTES, ordinary_file, why
from drivers.types import Floats, Value
from hil.clock import Clock, SystemClock
from hil.errors import InputError, SafetyError
from hil.records.frames import FieldFrames
from hil.rig.capture import Capture
from hil.rig.rig import Rig
from hil.spec import load_rig_file
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import moves_s, supervised_rig
from hil.supervision.watch import Watch

# A change counts from so many standard deviations on, and what stays of it from this share.
_SURE = 5.0
_STAYS = 0.1
# What of another mode a mode may do, and how alike two may be.
_LEAKS = 0.2
_ALIKE = 0.95
# A reference in which less of the responses is found is of another sample or light.
_RESEMBLES = 0.5
# Combinations of modes that change the frames less than this share of the strongest tell nothing.
_DISTINCT = 1e-3


@dataclass(frozen=True, slots=True)
class ModeFound:
    """What one mode was seen to do.

    Parameters
    ----------
    setting
        Its name.
    amplitude
        How far it was moved, in its unit.
    change
        Root mean square of the change of the frames, both ways, in shares of the mean.
    moves
        Whether that is more than noise, each way.
    stays
        Share of the change by which the frames after either way differ.
    read_along
        Other modes that read back something else meanwhile, with the most that they did.
    gain
        What it does of what it did in the reference, R of the diagonal; None without one.
    gain_sd
        How well that is known.
    leaks
        Other modes of the reference that it moves, with their share.
    alike
        Modes that change the frames in the same way, up to the sign.
    """

    setting: str
    amplitude: float
    change: float
    moves: tuple[bool, bool]
    stays: float
    read_along: Mapping[str, float]
    gain: float | None = None
    gain_sd: float = 0.0
    leaks: Mapping[str, float] | None = None
    alike: tuple[str, ...] = ()

    def problems(self) -> list[str]:
        """Say what is wrong with it; empty if nothing is."""
        found = []
        if not all(self.moves):
            ways = ["up", "down"]
            still = [way for way, moved in zip(ways, self.moves, strict=True) if not moved]
            found.append(f"does not move the frames {' nor '.join(still)}")
        elif self.stays > _STAYS:
            found.append(f"does not return: {self.stays:.0%} of the change stays")
        if self.gain is not None and all(self.moves):
            off = _SURE * self.gain_sd
            if self.gain < -_LEAKS - off:
                found.append("its sign is turned")
            elif self.gain < 0.5 - off or self.gain > 2 + off:
                found.append(f"does {self.gain:.2g} times what it did in the reference")
        for name, share in (self.leaks or {}).items():
            found.append(f"cross-talk: moves {name} too, by {share:+.0%}")
        for name, amount in self.read_along.items():
            found.append(f"{name} reads {amount:+.3g} more meanwhile")
        if self.alike:
            found.append(f"changes the frames as {', '.join(self.alike)} does")
        return found


@dataclass(frozen=True, eq=False)
class ModeCheck:
    """All modes.

    Parameters
    ----------
    modes
        What each was seen to do.
    halves
        O by odd and by even repeats, (2, modes, height, width), shares of the mean per unit.
    resembles
        Share of the responses that the reference explains; None without one.
    """

    modes: tuple[ModeFound, ...]
    halves: Floats
    resembles: float | None = None

    @property
    def responses(self) -> Floats:
        """Mean of the halves, O, (modes, height, width)."""
        return np.asarray(self.halves.mean(axis=0), dtype=np.float64)

    @property
    def compared(self) -> bool:
        """Whether there is a reference, and it is of the same sample."""
        return self.resembles is not None and self.resembles >= _RESEMBLES

    def save(self, path: Path) -> None:
        """Keep it as a reference, an ``.npz`` file.

        Raises
        ------
        InputError
        """
        names = json.dumps([found.setting for found in self.modes])
        try:
            with path.open("wb") as out:
                np.savez_compressed(out, halves=self.halves, names=np.array(names))
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError("--save", str(path), f"cannot be written: {reason}") from None


def check_modes_of(
    path: str | Path,
    database: str | None = None,
    *,
    settings: Sequence[str] = (),
    amplitude: float = 20.0,
    repeats: int = 16,
    against: Path | None = None,
    observer: Callable[[str], None] = lambda name: None,
    clock: Clock | None = None,
) -> ModeCheck:
    """Move each mode a little both ways, and compare the frames; the rig is parked at the end.

    Parameters
    ----------
    path
        The rig file; its ``[setup]`` is applied first.
    database
        URL; None for the usual one.
    settings
        The modes; without them, those of devices whose settings are modes of actuators.
    amplitude
        How far each is moved, in its unit.
    repeats
        Frames at each place, at least 4.
    against
        A file that `ModeCheck.save` wrote.
    observer
        Told each mode before it moves.
    clock
        Time.

    Raises
    ------
    InputError, RigHeld, RigError, Interrupted
    """
    clock = clock or SystemClock()
    file = load_rig_file(path)
    file.needs_camera()
    reference = None if against is None else _reference(against)
    with supervised_rig(file, database, None, clock) as held:
        names = _modes(held.rig, settings)
        present = held.rig.read(*names)
        _within(held.rig, present, amplitude)
        command_s = moves_s(file.spec) + repeats * file.spec.frame_timeout_s
        detail = {"modes": len(names), "amplitude": amplitude}
        with held.in_use("modes_check", detail, StopSwitch(), command_s) as watch:
            taken = _Taken(held.rig, watch, names, repeats, clock)
            halves, found = taken.run(present, amplitude, observer)
    found = _alike(found, halves)
    if reference is None:
        return ModeCheck(tuple(found), halves)
    resembles, found = _compared(found, halves, reference)
    return ModeCheck(tuple(found), halves, resembles)


def _modes(rig: Rig, settings: Sequence[str]) -> list[str]:
    if settings:
        names = []
        for given in settings:
            try:
                name = rig.safety.setting(given).name
            except SafetyError as error:
                raise InputError("--mode", "", str(error)) from None
            setting = rig.safety.settings[name]
            if setting.kind == "choice" or setting.read_only:
                raise InputError("--mode", given, "allowed: settings with numbers that can be set")
            names.append(name)
        return names
    names = [
        setting.name
        for device in rig.devices.values()
        if getattr(device, "has_bounds_together", False)
        for setting in device.describe()
    ]
    if not names:
        raise InputError(rig.file.path, "driver", "no modes of actuators; --mode names them")
    return names


def _within(rig: Rig, present: Mapping[str, Value], amplitude: float) -> None:
    for name, value in present.items():
        low, high = rig.safety.bounds(name)
        if not low <= float(value) - amplitude or not float(value) + amplitude <= high:
            problem = f"{amplitude:g} either way leaves {name}'s range, {low:g} to {high:g}"
            raise InputError("--amplitude", "", problem)


class _Taken:
    """Takes the frames."""

    def __init__(
        self, rig: Rig, watch: Watch, names: Sequence[str], repeats: int, clock: Clock
    ) -> None:
        self._rig, self._watch, self._names = rig, watch, names
        self._capture = Capture(
            rig.safety,
            rig.camera,
            ({},),
            repeats,
            rig.spec.frame_timeout_s,
            clock,
            rig.safety.targets(rig.spec.setup),
        )

    def run(
        self, present: Mapping[str, Value], amplitude: float, observer: Callable[[str], None]
    ) -> tuple[Floats, list[ModeFound]]:
        """Give responses by odd and even repeats, (2, modes, height, width), and the rest."""
        self._watch.run(self._capture.set_up)
        self._watch.keep(self._rig.spec.setup)
        responses, found = [], []
        for name in self._names:
            observer(name)
            here = float(present[name])
            up, along_up = self._at(name, here + amplitude, present)
            home, _ = self._at(name, here, present)
            down, along_down = self._at(name, here - amplitude, present)
            again, _ = self._at(name, here, present)
            responses.append((up - down) / (2 * amplitude))
            rest = (home + again) / 2
            energies = [_energy(way - rest) for way in (up, down)]
            left, left_sd = _energy(home - again)
            change = float(np.sqrt(max(sum(e for e, _ in energies) / 2, 0.0)))
            stays = np.sqrt(max(left, 0.0)) / change if change and left > _SURE * left_sd else 0.0
            along = {n: along_up.get(n, along_down.get(n, 0.0)) for n in {*along_up, *along_down}}
            moves = tuple(e > _SURE * sd for e, sd in energies)
            found.append(
                ModeFound(name, amplitude, change, (moves[0], moves[1]), float(stays), along)
            )
        return np.stack(responses, axis=1), found

    def _at(
        self, name: str, value: float, present: Mapping[str, Value]
    ) -> tuple[Floats, dict[str, float]]:
        """Mean frames by odd and by even repeats there, and what other modes read beside it."""

        def go() -> tuple[dict[str, Value], FieldFrames]:
            self._capture.apply({name: value})
            return self._rig.safety.read(list(self._names)), self._capture.field(0)

        read, taken = self._watch.run(go)
        self._capture.end_trial()
        frames = np.asarray(taken.frames, dtype=np.float64)
        frames = frames.reshape(len(frames), -1, *frames.shape[-2:]).mean(axis=1)
        frames = frames / frames.mean(axis=(1, 2), keepdims=True)
        tolerance = self._rig.safety.limits.tolerance
        along = {
            other: float(seen) - float(present[other])
            for other, seen in read.items()
            if other != name
            and abs(float(seen) - float(present[other])) > 4 * tolerance(other) + 1e-6
        }
        return np.stack([frames[::2].mean(axis=0), frames[1::2].mean(axis=0)]), along


def _energy(change: Floats) -> tuple[float, float]:
    """Mean square of what two halves share, and its standard deviation by chance."""
    product = change[0] * change[1]
    return float(product.mean()), float(product.std() / np.sqrt(product.size))


def _alike(found: Sequence[ModeFound], halves: Floats) -> list[ModeFound]:
    first, second = (half.reshape(len(half), -1) for half in halves)
    shared = first @ second.T  # noise of the two halves has nothing in common
    sizes = np.sqrt(np.maximum(np.diag(shared), 1e-300))
    alike = np.abs(shared + shared.T) / 2 / np.outer(sizes, sizes)
    return [
        replace(
            mode,
            alike=tuple(
                other.setting
                for j, other in enumerate(found)
                if j != i and alike[i, j] > _ALIKE and all(mode.moves) and all(other.moves)
            ),
        )
        for i, mode in enumerate(found)
    ]


def _reference(path: Path) -> tuple[list[str], Floats]:
    try:
        given = ordinary_file(path, MOST_NUMBERS_BYTES)
        with np.load(given, allow_pickle=False) as kept:
            names = json.loads(str(kept["names"]))
            halves = np.asarray(kept["halves"], dtype=np.float64)
    except Exception as error:  # whatever a broken file brings about
        raise InputError("--against", str(path), f"no reference of modes: {why(error)}") from None
    if halves.ndim != 4 or halves.shape[:2] != (2, len(names)):
        raise InputError("--against", str(path), "no reference of modes")
    return names, halves


def _compared(
    found: Sequence[ModeFound], halves: Floats, reference: tuple[list[str], Floats]
) -> tuple[float, list[ModeFound]]:
    """Write each response in those of the reference."""
    names, kept = reference
    if kept.shape[2:] != halves.shape[2:]:
        problem = f"its frames are {kept.shape[2:]}, and those taken {halves.shape[2:]}"
        raise InputError("--against", "", problem)
    old = kept.reshape(2, len(names), -1)
    new = halves.reshape(2, len(found), -1)
    # Noise of the halves has nothing in common, so that it weakens no share and makes none.
    shared = old[0] @ old[1].T
    solved = [
        np.linalg.pinv(one @ other.T, rcond=_DISTINCT) @ one
        for one, other in ((old[0], old[1]), (old[1], old[0]))
    ]
    each = np.stack([way @ half.T for way in solved for half in new])
    told, unsure = each.mean(axis=0), each.std(axis=0)
    explained = float(np.trace(told.T @ shared @ told))
    resembles = explained / max(float(np.trace(new[0] @ new[1].T)), 1e-300)
    result = []
    for j, mode in enumerate(found):
        own = names.index(mode.setting) if mode.setting in names else None
        gain = None if own is None else float(told[own, j])
        gain_sd = 0.0 if own is None else float(unsure[own, j])
        leaks = {
            name: float(told[k, j])
            for k, name in enumerate(names)
            if name != mode.setting and abs(told[k, j]) > _LEAKS + _SURE * unsure[k, j]
        }
        result.append(replace(mode, gain=gain, gain_sd=gain_sd, leaks=leaks))
    return resembles, result if resembles >= _RESEMBLES else list(found)
