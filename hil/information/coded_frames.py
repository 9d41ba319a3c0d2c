"""Frames as numbers of the cells that their pixels' laws have: codes of `marginal`, by channel.

L_c : codes of channel c. Its code y is the cell L_0 + .. + L_(c-1) + y.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hil.information.field_groups import field_groups
from hil.information.marginal import Coding, electron_combs, noise_variance
from hil.information.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CodedFrames:
    """See the module.

    Parameters
    ----------
    sample
        Frames in ADU.
    """

    sample: Sample

    @cached_property
    def codings(self) -> list[Coding]:
        """Of each channel."""
        return [Coding.of(one) for one in self.sample.by_channel()]

    @cached_property
    def noise_variance(self) -> list[Floats]:
        """(L_c,) of each channel: variance of the noise at each code, codes squared."""
        pairs = zip(self.sample.by_channel(), self.codings, strict=True)
        return [noise_variance(one, coding) for one, coding in pairs]

    @cached_property
    def combs(self) -> list[list[Floats | None]]:
        """Of each channel: see `electron_combs`."""
        pairs = zip(self.sample.by_channel(), self.codings, strict=True)
        return [electron_combs(one, coding) for one, coding in pairs]

    def counts(self) -> list[Floats]:
        """(K, L_c) of each channel: how many usable pixels of each fold have a code."""
        found = [np.zeros((self.sample.n_folds, coding.n_codes)) for coding in self.codings]
        for fold in range(self.sample.n_folds):
            for group in self.groups(np.flatnonzero(self.sample.fold == fold)):
                part = self.sample.some(group)
                everything = np.arange(group.size)
                for own, coding, one in zip(found, self.codings, part.by_channel(), strict=True):
                    codes = one.pixels(coding.encode(one.frames), everything)
                    own[fold] += np.bincount(codes, minlength=coding.n_codes)
        return found

    def groups(self, fields: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """Split fields into groups that are worked on together."""
        share = np.broadcast_to(
            self.sample.frames[:1], (fields.size, *self.sample.frames.shape[1:])
        )
        for group in field_groups(share):
            yield fields[group]

    def some(self, fields: NDArray[np.intp]) -> Sample:
        """Give some fields as frames of numbers of cells."""
        part = self.sample.some(fields)
        coded = np.empty(part.frames.shape, dtype=np.int32)
        first = 0
        for c, (coding, one) in enumerate(zip(self.codings, part.by_channel(), strict=True)):
            own = coded[:, :, c] if self.sample.channels else coded
            np.add(coding.encode(one.frames), first, out=own)
            first += coding.n_codes
        return replace(part, frames=coded)
