"""CMA-ES that remembers in numbers.

Optuna keeps the optimiser in a trial's attributes as a pickle. Attributes come back from a database
that anybody may have written, and a pickle runs what its writer wished.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from cmaes import CMA
from numpy.typing import NDArray
from optuna.samplers import CmaEsSampler
from optuna.trial import FrozenTrial

STATE = "cma:state"
_VECTORS = ("mean", "p_sigma", "pc")


class NumericCmaEsSampler(CmaEsSampler):
    """Optuna's sampler, with the same proposals; its memory is the attribute `STATE`.

    A session of an earlier release, whose memory is a pickle, is not read: the optimiser is built
    anew and is told one generation of the trials an ask until it has caught up.
    """

    def _split_optimizer_str(self, optimizer_str: str) -> dict[str, Any]:
        # Optuna hands over what it has pickled itself a moment ago, and stores what it is given.
        optimizer: CMA = pickle.loads(bytes.fromhex(optimizer_str))
        return {STATE: to_numbers(optimizer)}

    def _restore_optimizer(self, completed_trials: Sequence[FrozenTrial]) -> CMA | None:
        for trial in reversed(completed_trials):
            if STATE in trial.system_attrs:
                optimizer = from_numbers(trial.system_attrs[STATE])
                if optimizer is not None:
                    return optimizer
        return None


def to_numbers(optimizer: CMA) -> dict[str, Any]:
    """Everything that an optimiser has learnt, as JSON."""
    inside = vars(optimizer)
    return {
        **{name: inside[f"_{name}"].tolist() for name in _VECTORS},
        "covariance": inside["_C"].tolist(),
        "sigma": float(inside["_sigma"]),
        "generation": int(inside["_g"]),
        "population": int(inside["_popsize"]),
        "bounds": inside["_bounds"].tolist(),
    }


def from_numbers(state: object) -> CMA | None:
    """Build an optimiser from `to_numbers`; None if it is no such thing.

    Its generator is seeded anew for each ask by Optuna, and is no part of the state.
    """
    if not isinstance(state, Mapping):
        return None
    try:
        mean = _array(state["mean"])
        n = mean.size
        optimizer = CMA(
            mean=mean,
            sigma=float(state["sigma"]),
            bounds=_array(state["bounds"], n, 2),
            cov=_array(state["covariance"], n, n),
            n_max_resampling=10 * n,
            population_size=int(state["population"]),
        )
        learnt = {f"_{name}": _array(state[name], n) for name in _VECTORS}
        vars(optimizer).update(learnt, _g=int(state["generation"]))
    except (KeyError, TypeError, ValueError, AssertionError, OverflowError):
        return None
    return optimizer


def _array(value: object, *shape: int) -> NDArray[np.float64]:
    array = np.array(value, dtype=np.float64)
    if (shape and array.shape != shape) or not np.isfinite(array).all():
        raise ValueError("not the numbers of an optimiser")
    return array
