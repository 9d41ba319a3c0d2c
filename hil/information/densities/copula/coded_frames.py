"""Frames as numbers of the cells of their pixels' distributions: codes of `marginal`.

L_c : codes of channel c. Its code y is the cell L_0 + .. + L_(c-1) + y.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.copula.marginal import MarginalCoding, electron_combs, noise_variance
from hil.information.sample.field_groups import field_groups
from hil.information.sample.sample import Sample
from hil.noise.corrected import CorrectedNoise


@dataclass(frozen=True)
class CodedFrames:
    """See the module.

    Parameters
    ----------
    sample
        Frames in ADU.
    by_class
        Whether pixels of each of `Sample.kinds` have cells of their own.
    """

    sample: Sample
    by_class: bool = False

    @cached_property
    def n_classes(self) -> int:
        """How many distributions a pixel may be under."""
        kinds = self.sample.kinds
        return int(kinds.max()) + 1 if self.by_class and kinds is not None else 1

    @cached_property
    def codings(self) -> list[MarginalCoding]:
        """Of each channel."""
        return [MarginalCoding.of(one) for one in self.sample.by_channel()]

    @cached_property
    def noise_variance(self) -> list[Floats]:
        """(L_c,) of each channel: variance of the noise in each cell, codes squared."""
        if self.n_classes > 1:
            noise, coding = cast(CorrectedNoise, self.sample.noise), self.codings[0]
            return [np.ravel(noise.class_variance(coding.adu())) / coding.step_adu**2]
        pairs = zip(self.sample.by_channel(), self.codings, strict=True)
        return [noise_variance(one, coding) for one, coding in pairs]

    @cached_property
    def combs(self) -> list[list[Floats | None]]:
        """Of each channel: see `electron_combs`."""
        pairs = zip(self.sample.by_channel(), self.codings, strict=True)
        return [electron_combs(one, coding) for one, coding in pairs]

    def counts(self) -> list[Floats]:
        """(K, L_c) of each channel: how many usable pixels of each fold are in a cell."""
        found = [np.zeros((self.sample.n_folds, n_cells)) for n_cells in self._n_cells]
        for fold in range(self.sample.n_folds):
            for group in self.groups(np.flatnonzero(self.sample.fold == fold)):
                part = self.sample.some(group)
                everything = np.arange(group.size)
                for own, coding, one in zip(found, self.codings, part.by_channel(), strict=True):
                    codes = one.pixels(self._cells(coding, one), everything)
                    own[fold] += np.bincount(codes, minlength=own.shape[1])
        return found

    @property
    def _n_cells(self) -> list[int]:
        return [self.n_classes * coding.n_codes for coding in self.codings]

    def _cells(self, coding: MarginalCoding, part: Sample) -> NDArray[np.int32]:
        """Give the number of each pixel's cell, shaped as the frames."""
        codes = coding.encode(part.frames)
        if self.n_classes > 1 and part.kinds is not None:
            codes = codes + (part.kinds * coding.n_codes).astype(np.int32)[:, None]
        return codes

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
            np.add(self._cells(coding, one), first, out=own)
            first += self._n_cells[c]
        return replace(part, frames=coded)
