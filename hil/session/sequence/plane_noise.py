"""The camera's noise image by image: presets change gains, and other channels other cameras."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, noise_entries
from hil.calibration.stored import StoredNoise
from hil.calibration.validity import same_value
from hil.errors import InputError
from hil.rig.recorded import NoiseWhen

if TYPE_CHECKING:
    from hil.noise.model import FlattenedNoise, NoiseModel

    OneNoise: TypeAlias = NoiseModel | FlattenedNoise
    FrameNoise: TypeAlias = OneNoise | tuple[OneNoise, ...]

KEY = "measure.sequence"


def calibrations(
    noise: RigNoise,
    conditions: Sequence[NoiseWhen],
    images: Sequence[tuple[str, Mapping[str, Value]]],
    where: str | Path,
) -> tuple[StoredNoise, ...]:
    """Give the calibrations that a session goes by, less what its sequence sets for each image.

    Parameters
    ----------
    noise, conditions, images
        As for `PlaneNoise`.
    where
        The session file.

    Raises
    ------
    InputError
        An image is taken at something else than its calibration holds for.
    """
    found: dict[str, StoredNoise] = {}
    for name, own in images or (("", {}),):
        one = noise.calibrated(noise_entries(conditions, {}, name))
        if one is None:
            continue
        for setting, held in one.tie.settings.items():
            if setting in own and not same_value(held, own[setting]):
                problem = f"{name} is taken at {setting} = {own[setting]!r}, and calibration"
                raise InputError(where, KEY, f"{problem} {one.id[:8]} holds for {held!r} alone")
        found[one.id] = one
    stepped = {setting for _, own in images for setting in own}
    return tuple(
        replace(one, tie=replace(one.tie, settings=_without(one.tie.settings, stepped)))
        for one in found.values()
    )


def _without(settings: Mapping[str, Value], names: Collection[str]) -> dict[str, Value]:
    return {name: value for name, value in settings.items() if name not in names}


class PlaneNoise:
    """Tells which noise model a trial's frames have: one, or one for each image of a sequence.

    Parameters
    ----------
    noise
        The rig's noise model.
    conditions
        `Rig.noise_conditions`.
    planes
        Name of each image of a sequence, and what it sets; empty without one.
    """

    def __init__(
        self,
        noise: RigNoise,
        conditions: Sequence[NoiseWhen],
        planes: Sequence[tuple[str, Mapping[str, Value]]] = (),
    ) -> None:
        self._noise, self._conditions, self._planes = noise, tuple(conditions), tuple(planes)
        # Estimates keep tables with the object that they are given.
        self._built: dict[tuple[tuple[int, ...], ...], FrameNoise] = {}

    def at(self, settings: Mapping[str, Value]) -> FrameNoise:
        """Give the model at what a trial's devices read: one where all images have the same."""
        images = self._planes or (("", {}),)
        entries = tuple(
            noise_entries(self._conditions, {**settings, **own}, name) for name, own in images
        )
        if entries not in self._built:
            models = tuple(self._noise.under(one) for one in entries)
            alike = len(set(entries)) == 1
            self._built[entries] = models[0] if alike else models
        return self._built[entries]
