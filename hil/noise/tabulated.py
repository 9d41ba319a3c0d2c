"""Noise whose entropies are looked up: what all models of whole ADU on a `PhiTable` share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.anscombe import Stabiliser
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.entropy_table import PhiTable, phi_table
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.phi_shift import PhiShift


class TabulatedNoise(ABC):
    """The part of a `NoiseModel` that follows from the distribution of one pixel.

    A model of this kind says what one pixel's distribution is and how its variance is stabilised;
    the table is looked for at its first use and kept with the model.
    """

    needs_integers = True
    lowest_adu = 0.0

    @abstractmethod
    def _pixel(self) -> CameraPixel:
        """Distribution of one pixel's ADU given its light."""

    @property
    @abstractmethod
    def stabiliser(self) -> Stabiliser:
        """The transform after which the noise is about the same at any light."""

    @cached_property
    def _table(self) -> PhiTable:
        return phi_table(self._pixel())

    def entropy_phi_nats(self, y_adu: NDArray[Any], discrete: bool) -> Floats:
        """See `NoiseModel`."""
        del discrete
        return self._table.phi_nats(y_adu)

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """See `ShiftedPhi`."""
        return self._table.phi_shift(counts)

    def phi_bias_nats(self, low_adu: float, high_adu: float, discrete: bool) -> float:
        """See `NoiseModel`."""
        del discrete
        return self._table.bias_nats(low_adu, high_adu)

    def stabilised(self, y_adu: NDArray[Any], discrete: bool, repeats: int = 1) -> Floats:
        """See `NoiseModel`."""
        del discrete
        return self.stabiliser.forward(y_adu, repeats)
