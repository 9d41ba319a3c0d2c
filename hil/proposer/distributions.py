"""Search axes as Optuna's distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
    json_to_distribution,
)

from drivers.types import Value
from hil.spec import SearchAxis


def distribution(axis: SearchAxis, *, integer: bool) -> BaseDistribution:
    """Turn an axis into a distribution.

    Parameters
    ----------
    axis
        With `choices`, or with `low` and `high`.
    integer
        The device takes integers.
    """
    if axis.choices is not None:
        return CategoricalDistribution(axis.choices)
    assert axis.low is not None
    assert axis.high is not None
    if integer:
        step = 1 if axis.log else round(axis.step or 1)
        return IntDistribution(round(axis.low), round(axis.high), log=axis.log, step=step)
    return FloatDistribution(axis.low, axis.high, log=axis.log, step=axis.step)


def to_json(distributions: Mapping[str, BaseDistribution]) -> dict[str, str]:
    """Write distributions so that a row can keep them."""
    return {name: distribution_to_json(dist) for name, dist in distributions.items()}


def from_json(texts: Mapping[str, str]) -> dict[str, BaseDistribution]:
    """Read what `to_json` wrote."""
    return {name: _parsed(text) for name, text in texts.items()}


@lru_cache(maxsize=1024)
def _parsed(text: str) -> BaseDistribution:
    return json_to_distribution(text)


def inside(
    distributions: Mapping[str, BaseDistribution], names: Sequence[str], values: Mapping[str, Value]
) -> bool:
    """Whether all values lie in their distributions, so that a sampler can learn from them."""
    for name in names:
        dist = distributions[name]
        try:
            internal = dist.to_internal_repr(values[name])
        except (KeyError, ValueError):
            return False
        if not dist._contains(internal):  # noqa: SLF001  Optuna has no public test
            return False
    return True
