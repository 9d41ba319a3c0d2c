"""How much of a fit's optimism is cost on other patches as well, told by the experts of an average.

G_k : what expert k costs more on other patches than on those that it was fitted to
D_k : what it costs more than the average of all experts, on other patches
E   : what the average costs more there than the truth would

An expert that was fitted costs G_k / 2 more elsewhere than the best of its kind, and G_k / 2 less
where it was fitted (Akaike, IEEE Trans. Automatic Control 1974), and the best of its kind no less
than the truth. So E >= G_k / 2 - D_k, whatever k, and nearly that for one that is good. Half of the
average's own gap is no such bound: experts that err differently are each followed in-sample where
they happen to fit, while on other patches their average errs less than they do (Krogh and
Vedelsby, NIPS 1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from drivers.types import Floats

_HALF = 0.5


class Cost(NamedTuple):
    """What patches cost, nats per value.

    Parameters
    ----------
    nats
        (n,) -log q.
    each
        (K, n) of the experts.
    """

    nats: Floats
    each: Floats

    @classmethod
    def of_all(cls, parts: Sequence[Cost]) -> Cost:
        """Of the patches of ``parts``, one after the other."""
        nats, each = zip(*parts, strict=True)
        return cls(np.concatenate(nats), np.concatenate(each, axis=1))


def cost_share(gaps: Floats, beside: Floats, gap: float, known: float = 0.0) -> float:
    """Share of the gap that the average costs more than the truth at least, 0 to a half.

    Parameters
    ----------
    gaps, beside
        (K,) G_k and D_k, nats.
    gap
        Of the average itself, nats.
    known
        E is no less than that, nats, whatever experts say.
    """
    if gap <= 0:
        return _HALF
    return float(np.clip(max(known, *(gaps / 2 - beside)) / gap, 0, _HALF))
