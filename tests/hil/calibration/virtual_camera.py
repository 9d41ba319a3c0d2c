"""A camera whose numbers are known, and what may be wrong with it or with the light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from drivers.types import Floats
from hil.calibration import CameraCalibration, PhotonTransfer

Frames = NDArray[np.uint16]
Scene = Callable[[int, np.random.Generator], Floats]
Change = Callable[[Floats, np.random.Generator], Floats]


def unchanged(image: Floats, rng: np.random.Generator) -> Floats:
    return image


@dataclass(frozen=True)
class VirtualCamera:
    """EMVA 1288's camera. ``light`` changes expected electrons, ``charge`` the electrons that were
    counted, ``analog`` the ADU before rounding, each frame anew."""

    gain_e_per_adu: float = 0.5
    offset_adu: float | Floats = 100.0
    read_noise_e: float | Floats = 1.6
    bit_depth: int = 16
    full_well_e: float = np.inf
    light: Change = unchanged
    charge: Change = unchanged
    analog: Change = unchanged

    def take(self, electrons: Floats, n: int, rng: np.random.Generator) -> Frames:
        """n frames (n, h, w) of expected electrons (h, w)."""
        return np.stack([self._frame(electrons, rng) for _ in range(n)])

    def _frame(self, electrons: Floats, rng: np.random.Generator) -> Frames:
        counted = rng.poisson(self.light(electrons, rng)).astype(float)
        charge = np.minimum(self.charge(counted, rng), self.full_well_e)
        read = self.read_noise_e * rng.standard_normal(electrons.shape)
        adu = self.analog((charge + read) / self.gain_e_per_adu + self.offset_adu, rng)
        return np.clip(np.rint(adu), 0, 2**self.bit_depth - 1).astype(np.uint16)


def flat(side_px: int, rng: np.random.Generator) -> Floats:
    return np.ones((side_px, side_px))


def structured(side_px: int, rng: np.random.Generator) -> Floats:
    """A static scene of mean 1: log-normal blobs."""
    scene = np.exp(8 * gaussian_filter(rng.standard_normal((side_px, side_px)), 3))
    return np.asarray(scene / scene.mean())


def calibrate(
    camera: VirtualCamera,
    seed: int = 0,
    scene: Callable[[int, np.random.Generator], Floats] = structured,
    side_px: int = 128,
    brightest_e: float = 3000.0,
    levels: int = 6,
    repeats: int = 4,
    dark_repeats: int = 8,
    stated_bits: int | None = -1,
    **transfer: Any,
) -> CameraCalibration:
    """Darks, then levels from 1/64 of the brightest mean up, in electrons.

    ``stated_bits`` of -1 are the camera's own.
    """
    rng = np.random.default_rng(seed)
    light = scene(side_px, rng)
    bits = camera.bit_depth if stated_bits == -1 else stated_bits
    collected = PhotonTransfer(bits, **transfer)
    collected.add(camera.take(0 * light, dark_repeats, rng), 0.0, 0.0, dark=True)
    for electrons in np.geomspace(brightest_e / 64, brightest_e, levels):
        collected.add(camera.take(electrons * light, repeats, rng), float(electrons), 1.0)
    return collected.fit()
