"""The camera's noise image by image: presets change gains, and other channels other cameras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from drivers.types import Value
from hil.calibration.rig_noise import RigNoise, noise_entries
from hil.rig.recorded import NoiseWhen

if TYPE_CHECKING:
    from hil.noise.model import FlattenedNoise, NoiseModel

    OneNoise: TypeAlias = NoiseModel | FlattenedNoise
    FrameNoise: TypeAlias = OneNoise | tuple[OneNoise, ...]


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
