"""What an estimator of H(Y) is, what it says of itself, and how it is found by name.

Adding an estimator is adding a file to `hil.information.estimators`: whoever asks what it can do
asks its `Traits`, and nobody goes by its name. A file is imported when it is asked for, and leaves
heavy libraries to the moment of its work.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Protocol, cast

from drivers.types import Floats
from hil.errors import InputError, nearest
from hil.information.sample.sample import Sample

_ESTIMATORS = "hil.information.estimators"
ENTRY_POINTS = "hil.estimators"
"""Group of entry points by which other packages bring theirs; ours go before them."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What an estimator says of itself; the defaults promise nothing.

    Parameters
    ----------
    compared
        Whether `best` compares it: ``"always"`` where it has a closed form and takes seconds at
        most, ``"if near"`` where it takes longer and is first tried on some patches, ``"never"``
        where it trains, chooses itself, or is no cross-entropy that could be compared.
    sees_pattern
        Whether what all fields share counts in it as a scene does, so that it can be taken off.
    whole_frames
        Whether its density is of frames and not of patches: what all fields share at a pixel tells
        nothing in it, and a part of a frame does not stand for the rest.
    streams
        Whether `hil.information.stream` computes it from sums, one field at a time.
    on_codes
        Whether its density sums to 1 over integer codes: on integers `best` compares no other.
    chooses
        Whether it tries others and names one, to which a session keeps from its first trial on.
    """

    compared: Literal["always", "if near", "never"] = "never"
    sees_pattern: bool = False
    whole_frames: bool = False
    streams: bool = False
    chooses: bool = False
    on_codes: bool = False


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """-log q of every patch, nats per pixel.

    Parameters
    ----------
    held_out_nats
        (F, R * T) under a model that never saw the patch's field: in expectation above H(Y).
    in_sample_nats
        (F, R * T) under the model of all fields: below.
    held_out_weight
        Weight of held-out against in-sample at which their opposite biases cancel.
    details
        Plain JSON values that the estimator adds to the estimate.
    bound_nats
        (F, R * T) a better held-out cross-entropy than the one the point estimate uses, if any.
    flags
        From `hil.records.estimate.FLAGS`, what the estimator itself says against it.
    chosen
        The family that an estimator chose, where it is one that chooses.
    """

    held_out_nats: Floats
    in_sample_nats: Floats
    held_out_weight: float
    details: Mapping[str, Any] = field(default_factory=dict)
    bound_nats: Floats | None = None
    flags: tuple[str, ...] = ()
    chosen: str = ""

    @property
    def upper_nats(self) -> float:
        """Mean held-out cross-entropy, the bound."""
        bound = self.held_out_nats if self.bound_nats is None else self.bound_nats
        return float(bound.mean())

    @property
    def corrected_nats(self) -> Floats:
        """Point estimate of -log q at the family's best, (F, R * T)."""
        weight = self.held_out_weight
        result: Floats = weight * self.held_out_nats + (1 - weight) * self.in_sample_nats
        return result


def half_sum_weight(n_folds: int) -> float:
    """Weight of held-out for many more patches than parameters.

    Held-out is high by c / r and in-sample low by c, where c is half the number of parameters over
    the number of patches (Konishi and Kitagawa) and r = 1 - 1/n_folds is the share of the data that
    a fold's model sees: r / (1 + r), a half for many folds.
    """
    share = 1 - 1 / n_folds
    return share / (1 + share)


class PatchEstimator(Protocol):
    """A family of densities q over patches, fitted to them.

    What it can do it says in an attribute ``traits``; without one it promises nothing.
    """

    @property
    def needed_patches(self) -> int:
        """The least number of patches that a fit makes sense with."""
        ...

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """Fit q and evaluate it, cross-fitted over ``sample.fold``."""
        ...


def estimator_names() -> tuple[str, ...]:
    """All estimators there are, in alphabetical order; ``a_with_b.py`` is called ``a+b``."""
    return tuple(sorted(_ours() | set(_installed())))


def is_estimator(name: str) -> bool:
    """Whether there is an estimator of that name."""
    return name in _ours() or name in _installed()  # which takes 20 ms to look through


@cache
def _ours() -> frozenset[str]:
    package = importlib.import_module(_ESTIMATORS)
    modules = pkgutil.iter_modules(package.__path__)
    return frozenset(module.name.replace("_with_", "+") for module in modules)


def _installed() -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}


def traits_of(estimator: str | PatchEstimator) -> Traits:
    """Ask an estimator, or the one of a name, what it can do.

    Raises
    ------
    InputError
        Where there is none of that name.
    """
    found = find_estimator(estimator) if isinstance(estimator, str) else estimator
    traits: Traits = getattr(found, "traits", Traits())
    return traits


def estimators_that(has: Callable[[Traits], bool]) -> tuple[str, ...]:
    """Names of the estimators whose traits are such, in alphabetical order."""
    return tuple(name for name in estimator_names() if has(traits_of(name)))


def find_estimator(name: str) -> PatchEstimator:
    """Find an estimator by name.

    Raises
    ------
    InputError
        Where there is none, with the nearest name.
    """
    if name in _ours():  # first, since what is installed takes 20 ms to look through
        module = importlib.import_module(f"{_ESTIMATORS}.{name.replace('+', '_with_')}")
        return cast(PatchEstimator, module.ESTIMATOR)
    installed = _installed()
    if name not in installed:
        known = nearest(name, estimator_names())
        raise InputError("estimator", "", f"no estimator {name!r}: {known}")
    return cast(PatchEstimator, installed[name].load())
