"""Codes as cells of a coordinate in which the noise has a width of 1.

y : code of a pixel, 0 .. L - 1; codes of channel c go on where those of channel c - 1 end
v : (L,) variance of the noise at a code, codes squared        a : its slope, codes
u : coordinate, du / dy = 1 / sqrt(v + 3/8 a^2), about the mean of the channel

For noise that is linear in the signal u is the generalised Anscombe transform (`stabilise`), summed
code by code, so that it holds for any noise model and is strictly increasing. Code y is the cell
between u(y - 1/2) and u(y + 1/2); the first and the last cell reach to infinity, so that whatever
is cut off at the ends of the codes, by a clip say, is theirs: any distribution function of u gives
probabilities of codes that sum to 1.

Tables hold groups of neighbouring codes, at most 256 a channel and about evenly wide in u, of which
the first and the last code are always groups of their own. Codes of a group are equally probable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.copula.marginal import MarginalCoding, noise_variance
from hil.information.sample.sample import Sample

Singles = NDArray[np.float32]
Integers = NDArray[np.intp]

MOST_GROUPS = 256
_FAR = 1e9
_LEAST_VARIANCE = 1e-4  # codes squared: a noise of no width at all leaves u as steep as this
_ANSCOMBE = 0.375


@dataclass(frozen=True)
class ChannelCells:
    """Cells of one channel.

    Parameters
    ----------
    coding
        From ADU to codes.
    variance
        v.
    mean_adu
        About the mean of the channel.
    """

    coding: MarginalCoding
    variance: Floats
    mean_adu: float

    @cached_property
    def edges(self) -> Floats:
        """(L + 1,) ends of the cells in u, finite."""
        v = self.variance
        slope = max(float(v[-1] - v[-2]), 0.0) if v.size > 1 else 0.0
        steps = 1 / np.sqrt(np.maximum(v, _LEAST_VARIANCE) + _ANSCOMBE * slope**2)
        at = np.concatenate([[0.0], np.cumsum(steps)])
        code = (self.mean_adu - self.coding.lowest_adu) / self.coding.step_adu
        return np.asarray(at - np.interp(code + 0.5, np.arange(at.size), at), dtype=np.float64)

    @cached_property
    def group_first(self) -> NDArray[np.intp]:
        """(G + 1,) first code of each group, and L."""
        n = self.coding.n_codes
        if n <= MOST_GROUPS:
            return np.arange(n + 1)
        edges = self.edges
        inner = np.linspace(edges[1], edges[-2], MOST_GROUPS - 1)
        first = np.searchsorted(edges, inner - 1e-9)
        return np.unique(np.concatenate([[0, 1], first, [n - 1, n]])).clip(0, n)

    @cached_property
    def group_edges(self) -> Floats:
        """(G + 1,) ends of the groups in u, finite."""
        result: Floats = self.edges[self.group_first]
        return result


@dataclass(frozen=True)
class Cells:
    """Cells of all channels of a sample.

    Parameters
    ----------
    channels
        Of each channel.
    """

    channels: tuple[ChannelCells, ...]

    @classmethod
    def of(cls, sample: Sample) -> Cells:
        """Choose the cells of all frames of ``sample``."""
        found = []
        for one in sample.by_channel():
            coding = MarginalCoding.of(one)
            found.append(ChannelCells(coding, noise_variance(one, coding), one.mean_adu))
        return cls(tuple(found))

    @cached_property
    def u(self) -> Singles:
        """(L,) middle of each code's cell."""
        middles = [(c.edges[1:] + c.edges[:-1]) / 2 for c in self.channels]
        return np.concatenate(middles).astype(np.float32)

    @cached_property
    def low(self) -> Singles:
        """(L,) lower end of each code's cell."""
        ends = [np.concatenate([[-_FAR], c.edges[1:-1]]) for c in self.channels]
        return np.concatenate(ends).astype(np.float32)

    @cached_property
    def high(self) -> Singles:
        """(L,) upper end of each code's cell."""
        ends = [np.concatenate([c.edges[1:-1], [_FAR]]) for c in self.channels]
        return np.concatenate(ends).astype(np.float32)

    @cached_property
    def rounding(self) -> Singles:
        """(L,) variance that rounding to the middle of each code's cell has."""
        return np.concatenate([np.diff(c.edges) ** 2 / 12 for c in self.channels]).astype(
            np.float32
        )

    @cached_property
    def group(self) -> Integers:
        """(L,) number of each code's group, within its channel."""
        sizes = [np.diff(c.group_first) for c in self.channels]
        return np.concatenate([np.repeat(np.arange(s.size), s) for s in sizes])

    @cached_property
    def first(self) -> NDArray[np.intp]:
        """(C + 1,) first code of each channel, and L."""
        return np.cumsum([0, *(c.coding.n_codes for c in self.channels)])

    @property
    def n_codes(self) -> int:
        """L."""
        return int(self.first[-1])

    @property
    def log_step_nats(self) -> float:
        """What the entropy of a value has beyond that of its code, mean over channels."""
        return float(np.mean([c.coding.log_step_nats for c in self.channels]))

    def encode(self, patches: NDArray[Any]) -> Integers:
        """Codes of patches (n, d) in ADU, channel by channel."""
        split = patches.reshape(len(patches), len(self.channels), -1)
        coded = np.empty(split.shape, dtype=np.intp)
        for c, channel in enumerate(self.channels):
            np.add(channel.coding.encode(split[:, c]), int(self.first[c]), out=coded[:, c])
        return coded.reshape(patches.shape)

    def stabilised(self, sample: Sample) -> Sample:
        """Give the same frames in u."""
        from dataclasses import replace

        from hil.information.sample.sample import Channel

        u = np.empty(sample.frames.shape, dtype=np.float32)
        for c, channel in enumerate(self.channels):
            pick = (slice(None), slice(None), c) if sample.channels else ...
            table = self.u[self.first[c] : self.first[c + 1]]
            u[pick] = table[channel.coding.encode(sample.frames[pick]).astype(np.intp)]
        alike = tuple(Channel(0.0, 1.0, None, False, 1.0) for _ in sample.channels)
        return replace(
            sample,
            frames=u,
            mean_adu=0.0,
            noise_variance_adu2=1.0,
            discrete=False,
            noise=None,
            channels=alike,
        )
