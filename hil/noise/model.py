"""What an estimate asks of a noise model."""

from __future__ import annotations

import math
import numbers
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.phi_shift import PhiShift


class NoiseModel(Protocol):
    """p(y given lambda), independent between pixels given the scene.

    ``discrete`` says whether the data are integers (entropies are discrete) or real numbers
    (differential entropies). All functions take ADU.
    """

    @property
    def needs_integers(self) -> bool:
        """Whether the model describes integer ADU alone."""
        ...

    @property
    def lowest_adu(self) -> float:
        """The smallest value that the model can produce, ADU."""
        ...

    @property
    def highest_adu(self) -> float:
        """The value at which the model clips, ADU; infinite where it does not."""
        ...

    @property
    def darkest_adu(self) -> float:
        """No noise, six standard deviations included, falls below this, ADU."""
        ...

    @property
    def clips_low(self) -> bool:
        """Whether a value of `lowest_adu` means that noise was cut off."""
        ...

    def entropy_phi_nats(self, y_adu: NDArray[Any], discrete: bool) -> Floats:
        """Look up phi(y), whose mean over noisy pixels is H(Y|X): E[phi(Y) | lambda] = h(lambda).

        Parameters
        ----------
        y_adu
            Pixels of any shape.
        discrete
            Whether they are integers.

        Returns
        -------
        array of the same shape, nats.
        """
        ...

    def phi_bias_nats(self, low_adu: float, high_adu: float, discrete: bool) -> float:
        """Give the largest |E[phi(Y) | lambda] - h(lambda)| for means between two ADU, nats."""
        ...

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """Give the mean of Var(Y | X) over pixels whose mean is ``mean_adu``, ADU^2.

        The variance is linear in the signal, so the mean suffices. Clipping is left out.
        """
        ...

    def stabilised(self, y_adu: NDArray[Any], discrete: bool, repeats: int = 1) -> Floats:
        """Transform pixels of any shape to units of one measurement's noise, about.

        Parameters
        ----------
        y_adu
            Pixels, or means over ``repeats`` measurements of them.
        """
        ...

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """Draw one measurement.

        Parameters
        ----------
        lambda_
            What each pixel expects, of any shape, in the unit of the model's light: electrons,
            counts, or ADU for Gaussian noise.

        Returns
        -------
        array of the same shape, ADU.
        """
        ...


@runtime_checkable
class ShiftedPhi(Protocol):
    """Noise under which no phi is exact, of integers, and whose light the histogram tells."""

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """Give what the mean of phi over the pixels of ``counts`` lacks."""
        ...


@runtime_checkable
class OneHillNoise(Protocol):
    """Noise under which each light may have one hill of codes, and no comb."""

    def has_one_hill(self, adu: Floats) -> bool:
        """Whether it has among codes (n,) of ADU: no single electrons or photons show."""
        ...


@runtime_checkable
class FlattenedNoise(Protocol):
    """Noise that varies over the frame, and can be made the same everywhere."""

    def flatten(self, frames: ArrayLike) -> tuple[NDArray[Any], NoiseModel]:
        """Change frames, pixel by pixel and invertibly, to ones with the noise that is returned.

        Information is the same in both.
        """
        ...


@runtime_checkable
class MaskedNoise(Protocol):
    """Noise that knows pixels that must not be used."""

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(height, width), or () for all alike: true where pixels may be used."""
        ...


def finite_number(key: str, value: object, low: float, *, inclusive: bool, allowed: str) -> float:
    """Check one parameter of a noise model.

    Raises
    ------
    InputError
        Where it is not a finite number of at least (or more than) ``low``.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InputError("noise", key, f"{value!r} is not a number; allowed: {allowed}")
    number = float(value)
    if not math.isfinite(number) or number < low or (number == low and not inclusive):
        raise InputError("noise", key, f"{number:g} is impossible; allowed: {allowed}")
    return number
