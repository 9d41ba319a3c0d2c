"""The patches of some fields, scene by scene and a few at a time.

A scene is one place of one field, seen R times: its patch in each repeat. However many there are,
only a group of them is held at once, in double precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.sample.field_groups import field_groups
from hil.information.sample.sample import Sample

Indices = NDArray[np.intp]

_AT_ONCE = 2**12  # scenes; their likelihoods under some hundred others stay a few megabytes


@dataclass(frozen=True, slots=True)
class TemplateScenes:
    """Scenes of some fields of a sample, field by field, place by place.

    Parameters
    ----------
    sample
        Where they are from.
    fields
        Which of its fields.
    """

    sample: Sample
    fields: Indices

    def __len__(self) -> int:
        return int(self.fields.size * self.sample.places.shape[1])

    @property
    def n_repeats(self) -> int:
        """R."""
        return self.sample.n_repeats

    @property
    def values_per_patch(self) -> int:
        """Give d."""
        return self.sample.values_per_patch

    def groups(self) -> Iterator[Floats]:
        """Give all scenes in order, some at a time: (k, R, d), ADU."""
        frames = self.sample.frames
        share = np.broadcast_to(frames[:1], (self.fields.size, *frames.shape[1:]))
        for group in field_groups(share):
            raw = self.sample.some(self.fields[group]).raw_patches
            split = raw.reshape(raw.shape[0], self.n_repeats, -1, raw.shape[2])
            scenes = split.swapaxes(1, 2).reshape(-1, self.n_repeats, raw.shape[2])
            for first in range(0, len(scenes), _AT_ONCE):
                yield scenes[first : first + _AT_ONCE].astype(np.float64)

    def at(self, indices: Indices) -> Floats:
        """Give the scenes of these numbers, (m, R, d), ADU."""
        found = np.empty((indices.size, self.n_repeats, self.values_per_patch))
        first = 0
        for scenes in self.groups():
            here = np.flatnonzero((indices >= first) & (indices < first + len(scenes)))
            found[here] = scenes[indices[here] - first]
            first += len(scenes)
        return found
