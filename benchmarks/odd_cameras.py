"""Cameras that are not what photon transfer takes them for, with numbers that are known.

Two gains by brightness and by halves of the sensor, a response that bends, a digital gain, shifted
bits, bits fewer than stated. Light goes from 47 to 3000 electrons of mean brightness, over an even
field or a scene of blobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from drivers.types import Floats
from hil.calibration import CameraCalibration, PhotonTransfer

GAIN_E_PER_ADU, OFFSET_ADU, READ_NOISE_E = 0.5, 100.0, 1.6
SIDE_PX, DARK_FRAMES, LEVELS, FRAMES_A_LEVEL = 160, 16, 8, 8
BRIGHTEST_E = 3000.0


class Odd(NamedTuple):
    """A camera: what it does to electrons, to ADU before the rounding, and after."""

    says: str
    gains: tuple[float, ...]
    charge: Callable[[Floats], Floats] = lambda electrons: electrons
    analog: Callable[[Floats], Floats] = lambda adu: adu
    digital: Callable[[Floats], Floats] = lambda codes: codes


def merged(ratio: float) -> Callable[[Floats], Floats]:
    """Above 3000 ADU one of them stands for ``ratio`` times as many electrons."""
    return lambda adu: np.where(adu > 3000, 3000 + (adu - 3000) / ratio, adu)


def halves(ratio: float) -> Callable[[Floats], Floats]:
    """Give the right half ``ratio`` times the gain."""

    def change(adu: Floats) -> Floats:
        right = np.arange(adu.shape[1]) >= adu.shape[1] // 2
        return np.where(right, OFFSET_ADU + (adu - OFFSET_ADU) / ratio, adu)

    return change


def bent(share: float) -> Callable[[Floats], Floats]:
    """Off a straight line by ``share`` at the brightest level."""
    return lambda electrons: electrons * (1 - share * electrons / BRIGHTEST_E)


G = GAIN_E_PER_ADU
CAMERAS = (
    Odd("plain", (G,)),
    Odd("two gains, +5 %", (G, 1.05 * G), analog=merged(1.05)),
    Odd("two gains, -5 %", (G, 0.95 * G), analog=merged(0.95)),
    Odd("halves, 5 %", (G, 1.05 * G), analog=halves(1.05)),
    Odd("bends by 0.7 %", (G,), charge=bent(0.007)),
    Odd("bends by 1.3 %", (G,), charge=bent(0.013)),
    Odd("bends by -1 %", (G,), charge=bent(-0.01)),
    Odd("digital gain 1.5", (G / 1.5,), digital=lambda codes: np.rint(1.5 * codes)),
    Odd("14 bits in 16", (G / 4,), digital=lambda codes: 4 * np.minimum(codes, 16383)),
    Odd("12 bits in 16", (G / 16,), digital=lambda codes: 16 * np.minimum(codes, 4095)),
    Odd("12 bits, 16 stated", (G,), digital=lambda codes: np.minimum(codes, 4095)),
)


def calibrated(camera: Odd, even: bool, seed: int) -> CameraCalibration:
    """Take all stacks and fit."""
    rng = np.random.default_rng(seed)
    scene = np.ones((SIDE_PX, SIDE_PX))
    if not even:
        scene = np.exp(8 * gaussian_filter(rng.standard_normal(scene.shape), 3))
        scene /= scene.mean()

    def take(light: Floats, n: int) -> NDArray[np.uint16]:
        charge = camera.charge(rng.poisson(light, (n, *light.shape)).astype(float))
        adu = (charge + READ_NOISE_E * rng.standard_normal(charge.shape)) / G + OFFSET_ADU
        codes = np.stack([camera.digital(np.rint(camera.analog(one))) for one in adu])
        return np.clip(codes, 0, 65535).astype(np.uint16)

    transfer = PhotonTransfer(16)
    transfer.add(take(0 * scene, DARK_FRAMES), 0.0, 0.0, dark=True)
    for root in np.linspace(1 / 8, 1, LEVELS):  # as `hil calibrate` spaces them
        level = BRIGHTEST_E * root**2
        transfer.add(take(level * scene, FRAMES_A_LEVEL), float(level), 1.0)
    return transfer.fit()


def gains_of(found: CameraCalibration) -> list[tuple[float, float]]:
    """Every gain with its standard uncertainty."""
    if found.gain_pattern is not None:
        pattern = found.gain_pattern
        return list(zip(pattern.gains_e_per_adu, pattern.gains_e_per_adu_sd, strict=True))
    first = (found.gain_e_per_adu, found.gain_e_per_adu_sd)
    if found.above is None:
        return [first]
    return [first, (found.above.gain_e_per_adu, found.above.gain_e_per_adu_sd)]


def report(draws: int) -> Iterator[str]:
    """Give one line a camera and field of light."""
    yield (
        "camera              field  refused  as one gain  "
        "each gain: rms error, rms sd, worst error in sd, in 95 %"
    )
    for camera in CAMERAS:
        for even in (True, False):
            found = [calibrated(camera, even, seed) for seed in range(draws)]
            good = [one for one in found if not one.problems]
            full = [gains_of(one) for one in good if len(gains_of(one)) == len(camera.gains)]
            line = f"{camera.says:<19} {'even' if even else 'blobs':<6} {draws - len(good):7d} "
            line += f"{len(good) - len(full):12d} "
            for k, truth in enumerate(camera.gains):
                error = np.array([gains[k][0] / truth - 1 for gains in full])
                sd = np.array([gains[k][1] / truth for gains in full])
                if error.size:
                    z = abs(error) / sd
                    line += (
                        f" {np.sqrt((error**2).mean()):6.2%} {np.sqrt((sd**2).mean()):6.2%} "
                        f"{z.max():4.1f} {(z < 1.96).sum():3d} of {len(full)};"
                    )
            yield line
