"""Patches of a sample as codes, with the kinds of their pixels, some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.information.densities.predictive.cells import Cells, Integers
from hil.information.densities.predictive.order import turned
from hil.information.densities.predictive.own_noise import Kinds
from hil.information.sample.field_groups import field_groups
from hil.information.sample.sample import Sample

Indices = NDArray[np.intp]

_EVERY = 3  # fields of which one is set apart
_LEAST_CHOSEN = 128


@dataclass(frozen=True)
class CodedPatches:
    """Some patches.

    Parameters
    ----------
    codes
        (n, d).
    kinds
        (n, d) of their pixels; None where pixels are alike.
    """

    codes: Integers
    kinds: Kinds | None

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, some: NDArray[np.bool_] | Indices | slice) -> CodedPatches:
        return CodedPatches(self.codes[some], None if self.kinds is None else self.kinds[some])

    def turned(self, n_channels: int) -> CodedPatches:
        """Turn patches by half a turn: the values of each channel in the opposite order."""
        kinds = None if self.kinds is None else turned(self.kinds, n_channels)
        return CodedPatches(turned(self.codes, n_channels), kinds)


@dataclass(frozen=True)
class PatchSource:
    """All patches of a sample, numbered: field * `per_field` + patch.

    Parameters
    ----------
    sample
        Frames in ADU.
    cells
        Their codes.
    """

    sample: Sample
    cells: Cells

    @property
    def per_field(self) -> int:
        """Patches of a field, repeats included."""
        return int(self.sample.n_repeats * self.sample.places.shape[1])

    def of_fields(self, fields: Indices) -> Iterator[tuple[Indices, CodedPatches]]:
        """All patches of some fields, a group of fields at a time."""
        shape = self.sample.frames.shape[1:]
        share = np.broadcast_to(self.sample.frames[:1], (fields.size, *shape))
        for group in field_groups(share):
            part, d = self.sample.some(fields[group]), self.sample.values_per_patch
            kinds = part.kinds_of_patches
            yield (
                fields[group],
                CodedPatches(
                    self.cells.encode(part.raw_patches.reshape(-1, d)),
                    None if kinds is None else kinds.reshape(-1, d),
                ),
            )

    def at(self, numbers: Indices) -> CodedPatches:
        """Patches by their numbers, which rise."""
        field, patch = np.divmod(numbers, self.per_field)
        parts = []
        for fields, patches in self.of_fields(np.unique(field)):
            place = np.searchsorted(fields, field)
            here = (field >= fields[0]) & (field <= fields[-1])
            parts.append(patches[place[here] * self.per_field + patch[here]])
        kinds = [part.kinds for part in parts if part.kinds is not None]
        codes = np.concatenate([part.codes for part in parts])
        return CodedPatches(codes, np.concatenate(kinds) if kinds else None)

    def chosen(self, training: Indices, most: int) -> tuple[Indices, NDArray[np.bool_]]:
        """Choose patches of some fields, evenly, and set some of them apart.

        Parameters
        ----------
        training
            Fields, rising.
        most
            Values of all chosen patches together, about.

        Returns
        -------
        numbers, apart
            (n,) each: whole fields are set apart where there are enough.
        """
        every = (training[:, None] * self.per_field + np.arange(self.per_field)).ravel()
        wanted = max(_LEAST_CHOSEN, most // self.sample.values_per_patch)
        even = np.linspace(0, every.size - 1, min(wanted, every.size)).astype(np.intp)
        place = np.unique(even)
        if training.size >= _EVERY:
            return every[place], (place // self.per_field) % _EVERY == _EVERY - 1
        return every[place], place >= every.size * (_EVERY - 1) // _EVERY
