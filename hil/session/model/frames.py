"""A session's stored frames, as a fit of its model takes them: `hil.proposer.plan.ModelRig`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drivers.types import Pixels, Value
from hil.calibration.rig_noise import RigNoise, noise_entries
from hil.errors import StoreError
from hil.rig.recorded import NoiseWhen
from hil.session.model.file import Model
from hil.store.frames.access import KeptFrames

if TYPE_CHECKING:
    from hil.store import Database
    from hil.twin import TrialFrames
    from sim.parts.unknown import SceneOptics


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the database knows of the trials that have frames."""

    kept: Mapping[int, KeptFrames]
    read_back: Mapping[int, Mapping[str, Value]]
    pixels: Callable[[int], Pixels]


class ModelFrames:
    """Reads frames of a session, and completes settings.

    Parameters
    ----------
    model
        Whose settings they are.
    database, session_id
        Where the frames are.
    noise, conditions
        Of the rig's camera, and what its entries depend on: `Rig.noise_conditions`.
    stood
        Where the rig's settings stand that no trial moves.
    """

    def __init__(
        self,
        model: Model,
        database: Database,
        session_id: str,
        noise: RigNoise,
        conditions: Sequence[NoiseWhen],
        stood: Mapping[str, Value],
    ) -> None:
        self._model, self._database, self._session = model, database, session_id
        self._noise, self._conditions, self._stood = noise, conditions, stood
        self._now: _Stored | None = None
        self._held: dict[tuple[int, tuple[int, ...]], TrialFrames] = {}

    @property
    def optics(self) -> SceneOptics:
        """The model's."""
        return self._model.optics

    def settings(self, requested: Mapping[str, Value]) -> dict[str, Value]:
        """Complete settings of a trial to all that the optics ask for."""
        all_of_them = {**self._model.known, **self._stood, **requested}
        return {name: all_of_them[name] for name in self.optics.settings}

    def frames(self, number: int, fields: Sequence[int]) -> TrialFrames:
        """Give the frames of a trial at these fields of view; read once.

        Raises
        ------
        NoFrames
            They are not there any more.
        """
        key = (number, tuple(fields))
        if key not in self._held:
            self._held[key] = self._read(number, fields)
        return self._held[key]

    def _read(self, number: int, fields: Sequence[int]) -> TrialFrames:
        from hil.proposer.plan import NoFrames
        from hil.twin import TrialFrames

        stored = self._stored(number)
        kept = stored.kept.get(number)
        try:
            if kept is None or kept.shape is None:
                raise StoreError(f"the frames of trial {number} are not kept any more")
            whole = stored.pixels(number)
            pixels = whole[[kept.fields.index(field) for field in fields]]
        except (StoreError, ValueError, IndexError) as error:
            raise NoFrames(str(error)) from None
        if pixels.ndim != 4:
            raise NoFrames(f"the frames of trial {number} have channels")
        stood = {**self._stood, **stored.read_back[number]}
        stood[f"{self._model.camera}.exposure_ms"] = kept.exposure_ms
        noise: Any = self._noise.under(noise_entries(self._conditions, stood))
        return TrialFrames(self.settings(stood), pixels, noise)

    def _stored(self, number: int) -> _Stored:
        if self._now is None or number not in self._now.kept:
            table = self._database.trials(self._session)
            read = dict(zip(table["number"], table["settings"], strict=True))
            rows = {row.number: row.requested for row in self._database.rows(self._session)}
            self._now = _Stored(
                {one.number: one for one in self._database.kept(self._session)},
                {n: {**dict(read[n] or {}), **requested} for n, requested in rows.items()},
                self._database.frames_of(self._session),
            )
        return self._now
