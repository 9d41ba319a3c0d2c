"""A lower bound of I(X;Y) beside an estimate, bits per value of a patch.

L_f : what the scenes of field f come to (`contrast`), nats a patch        F : fields

    lower = max(0, mean L - t(F - 1) sd(L) / sqrt F) / (d ln 2)

One-sided, with the estimate's confidence, so that what is stated lies below the truth as surely as
its interval holds. From two repeats it needs no noise model; from single frames, only where noise
allows to make two of one (`thinning`). The pair is known to be two measurements of one scene and
nothing else, and each is one measurement: averages would know more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from drivers.types import Floats
from hil.information.lower.contrast import FEWEST_FIELDS, contrast
from hil.information.lower.thinning import cannot_be_thinned, thinned
from hil.information.sample.sample import Sample

_NEAR_NATS = 1.0  # to ln N
_FEWEST_SCENES = 16


@dataclass(frozen=True, slots=True)
class LowerBound:
    """What was found.

    Parameters
    ----------
    bits
        Per value; NaN where none can be given.
    most_bits
        What no bound of so many scenes can exceed.
    method
        ``"repeats"``, ``"thinning"``, or ``"none"``.
    reason
        Why there is none; empty where there is.
    limited
        Whether the number of scenes is what keeps it low: pairs are told apart about as well as so
        few can be.
    """

    bits: float
    most_bits: float
    method: str
    reason: str = ""
    limited: bool = False

    def scaled(self, share: float) -> LowerBound:
        """Spread it over all values, of which only a share varies."""
        return replace(self, bits=share * self.bits, most_bits=share * self.most_bits)

    def details(self) -> dict[str, Any]:
        """Give what an estimate states."""
        if self.method == "none":
            return {"lower_method": "none", "lower_reason": self.reason}
        return {
            "lower_bits": self.bits,
            "lower_method": self.method,
            "lower_most_bits": self.most_bits,
        }


def lower_bound(sample: Sample, confidence: float, *, copies: bool = False) -> LowerBound:
    """Bound the information of a sample from below.

    Parameters
    ----------
    confidence
        With which the truth lies above, between 0 and 1.
    copies
        Whether frames are copies of others, which then know all of each other.
    """
    reason = _refusal(sample, copies)
    if reason:
        return LowerBound(math.nan, math.nan, "none", reason)
    rng = np.random.default_rng(sample.seed)
    repeated = sample.n_repeats > 1
    pairs = _repeats(sample) if repeated else thinned(sample, rng)
    found = contrast(pairs, rng)
    nats = _surely_above(found.per_field, confidence)
    unit = sample.values_per_patch * math.log(2)
    return LowerBound(
        max(nats, 0.0) / unit,
        found.most / unit,
        "repeats" if repeated else "thinning",
        limited=float(found.per_field.mean()) > found.most - _NEAR_NATS,
    )


def _refusal(sample: Sample, copies: bool) -> str:
    if copies:
        return "frames are copies of each other"
    if sample.one_scene or sample.n_fields < FEWEST_FIELDS:
        return f"fewer than {FEWEST_FIELDS} fields of view"
    if sample.n_fields * sample.places.shape[1] < _FEWEST_SCENES:
        return f"fewer than {_FEWEST_SCENES} patches"
    if sample.n_repeats > 1:
        return ""
    why = cannot_be_thinned(sample)
    return f"{why}; repeats = 2 gives one" if why else ""


def _repeats(sample: Sample) -> Floats:
    """(F, 2, T, d) two repeats in units of about their noise."""
    parts = []
    for one in sample.by_channel():
        two = one.raw_patches.reshape(one.n_fields, one.n_repeats, -1, one.patch_size**2)[:, :2]
        if one.noise is None:
            parts.append(np.asarray(two, dtype=np.float64))
        else:
            parts.append(one.noise.stabilised(two, one.discrete))
    return np.concatenate(parts, axis=3)


def _surely_above(per_field: Floats, confidence: float) -> float:
    from scipy.special import stdtrit

    n = per_field.size
    se = float(per_field.std(ddof=1)) / math.sqrt(n)
    return float(per_field.mean()) - float(stdtrit(n - 1, confidence)) * se
