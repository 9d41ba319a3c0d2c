"""A stored calibration in use: found, compared with the camera as it is now, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from drivers.types import Value
from hil.calibration.stored import StoredNoise, stored_noise
from hil.calibration.validity import StateDifference, Tie, differences, read_again
from hil.errors import InputError
from hil.rig.recorded import NoiseWhen
from hil.rig.rig import Rig
from hil.spec import CalibratedNoiseSpec, RigFile

if TYPE_CHECKING:
    from hil.noise.model import FlattenedNoise, NoiseModel
    from hil.store import Database

ACCEPT = "--accept-calibration"


@dataclass(frozen=True, slots=True)
class RigNoise:
    """The noise model that a rig file stands for, stated or measured.

    Parameters
    ----------
    model
        What estimators take.
    variance_relative_sd
        How far its variance may be wrong, relative, at most where there are several calibrations; 0
        where the rig file states numbers.
    calibration
        Where it was measured: that calibration.
    elsewhere
        Builds the model for entries of ``[[noise_at]]`` that hold together.
    by_entry
        Calibrations that entries of ``[[noise_at]]`` name.
    """

    model: NoiseModel | FlattenedNoise
    variance_relative_sd: float = 0.0
    calibration: StoredNoise | None = None
    elsewhere: Callable[[tuple[int, ...]], NoiseModel | FlattenedNoise] | None = None
    by_entry: Mapping[int, StoredNoise] = field(default_factory=dict)

    def calibrated(self, entries: tuple[int, ...]) -> StoredNoise | None:
        """Give the calibration by which one goes where entries of ``[[noise_at]]`` hold."""
        named = [self.by_entry[i] for i in entries if i in self.by_entry]
        return named[-1] if named else self.calibration

    def under(self, entries: tuple[int, ...]) -> NoiseModel | FlattenedNoise:
        """Give the model where entries of ``[[noise_at]]`` hold; built once."""
        if any(i in self.by_entry for i in entries):
            calibrated = self.calibrated(entries)
            assert calibrated is not None
            return calibrated.model
        return self.model if self.elsewhere is None else self.elsewhere(entries)

    @property
    def calibration_id(self) -> str | None:
        """Id of the calibration, for the record."""
        return None if self.calibration is None else self.calibration.id


def rig_noise(file: RigFile, database: Database | None, ref: str | None = None) -> RigNoise:
    """Build the noise model of a rig file; nothing connects.

    Parameters
    ----------
    file
        The rig file, with ``[noise]``.
    database
        Where calibrations are looked for; None if there is none yet.
    ref
        The calibration to use instead of the one that the rig file names.

    Raises
    ------
    InputError
        It names a calibration that is not there; says how to make one.
    """
    spec = file.spec.noise
    by_entry = {
        i: _found(file, database, f"noise_at.{i}", entry.calibration, entry.maps)
        for i, entry in enumerate(file.spec.noise_at)
        if entry.calibration is not None
    }
    sds = [one.variance_relative_sd for one in by_entry.values()]
    if not isinstance(spec, CalibratedNoiseSpec):
        at = cache(partial(noise_model, file))
        for i in range(len(file.spec.noise_at)):
            if i not in by_entry:
                at((i,))  # says now what is wrong with it
        return RigNoise(at(()), max(sds, default=0.0), elsewhere=at, by_entry=by_entry)
    found = _found(file, database, "noise", ref or spec.calibration, spec.maps)
    sd = max([found.variance_relative_sd, *sds])
    return RigNoise(found.model, sd, found, by_entry=by_entry)


def _found(
    file: RigFile, database: Database | None, table: str, wanted: str, maps: bool | None
) -> StoredNoise:
    make = f"`hil calibrate {file.path.name}` makes one"
    if database is None:
        raise InputError(
            file.path, f"{table}.calibration", f"{wanted!r}: there is no database yet; {make}"
        )
    try:
        return stored_noise(database, wanted, rig=file.spec.name, maps=maps)
    except InputError as error:
        raise InputError(
            file.path,
            f"{table}.calibration",
            f"{wanted!r}: {error.problem} in {database.url}; {make}",
        ) from None


def refuse_moves(calibration: StoredNoise, moves: Iterable[tuple[str, str]], where: object) -> None:
    """Refuse to move what a calibration holds for one value of only.

    Parameters
    ----------
    moves
        Pairs of a key in the file and a canonical name.
    where
        The file.

    Raises
    ------
    InputError
        Naming the setting.
    """
    for key, name in moves:
        if name in calibration.tie.settings:
            held = calibration.tie.settings[name]
            raise InputError(
                str(where),
                key,
                f"{name} changes the camera's noise, and calibration {calibration.id[:8]} holds for"
                f" {name} = {held!r} alone; allowed: settings that it is not tied to",
            )


def check_before(
    calibration: StoredNoise, rig: Rig, planned: Mapping[str, Value], *, accept: bool
) -> tuple[StateDifference, ...]:
    """Compare a calibration with the rig before anything moves, on any thread.

    What can only be known once the rig is set up is left to `check_now`: settings of a camera
    change each other.

    Parameters
    ----------
    planned
        What is going to be applied first; canonical names.
    accept
        Whether a person accepts the calibration although it does not fit.

    Returns
    -------
    tuple
        What differs; empty unless accepted.

    Raises
    ------
    InputError
        Something differs; names it, then and now.
    """
    then = calibration.tie
    now = rig.run(lambda: read_again(then, rig.spec.name, rig.camera, rig.safety))
    named = {name: value for name, value in planned.items() if name in then.settings}
    if any(now.settings.get(name) != value for name, value in named.items()):
        # The camera is going to change: only what is named can be foretold.
        then = replace(then, settings={name: then.settings[name] for name in named})
    now = replace(now, settings={**now.settings, **named})
    return _judge(calibration, then, now, rig, accept=accept)


def check_now(calibration: StoredNoise, rig: Rig, *, accept: bool) -> tuple[StateDifference, ...]:
    """Compare a calibration with the rig as it stands; see `check_before`."""
    then = calibration.tie
    now = rig.run(lambda: read_again(then, rig.spec.name, rig.camera, rig.safety))
    return _judge(calibration, then, now, rig, accept=accept)


def _judge(
    calibration: StoredNoise, then: Tie, now: Tie, rig: Rig, *, accept: bool
) -> tuple[StateDifference, ...]:
    found = differences(then, now)
    if found and not accept:
        listed = "; ".join(str(difference) for difference in found)
        raise InputError(
            rig.file.path,
            "noise.calibration",
            f"calibration {calibration.id[:8]} was made for another state of the camera: {listed}."
            f" Set it back, calibrate again (`hil calibrate {rig.file.path.name}`),"
            f"{_another(calibration, then, now)} or use it all the same with {ACCEPT}",
        )
    return found


def _another(calibration: StoredNoise, then: Tie, now: Tie) -> str:
    """Name the newest other calibration that does fit, as far as it can be told."""
    for key, tie in calibration.others:
        told = {name: value for name, value in tie.settings.items() if name in then.settings}
        if told and not differences(replace(tie, settings=told), now):
            return f" name calibration {key[:8]}, which fits, under [noise],"
    return ""


def noise_entries(
    conditions: Iterable[NoiseWhen], values: Mapping[str, Value], image: str = ""
) -> tuple[int, ...]:
    """Tell which entries of ``[[noise_at]]`` hold.

    Parameters
    ----------
    conditions
        `Rig.noise_conditions`, one an entry.
    values
        What was read back, under canonical names.
    image
        Name of an image of a sequence; empty where there is none.
    """
    return tuple(i for i, condition in enumerate(conditions) if condition.holds(values, image))


def noise_model(rig: RigFile, entries: tuple[int, ...] = ()) -> NoiseModel | FlattenedNoise:
    """Build the noise model that a rig file states.

    Parameters
    ----------
    rig
        The rig file.
    entries
        Entries of its ``[[noise_at]]`` that hold.

    Raises
    ------
    InputError
        Naming the rig file and the key.
    """
    from hil.noise.from_spec import build_noise

    spec = rig.spec.noise
    assert spec is not None and not isinstance(spec, CalibratedNoiseSpec), (
        "see hil.calibration.rig_noise"
    )
    try:
        return build_noise(rig.spec.noise_under(entries), rig.path.parent)
    except InputError as error:
        table = f"noise_at.{entries[-1]}" if entries else "noise"
        raise InputError(rig.path, f"{table}.{error.key}", error.problem) from None
