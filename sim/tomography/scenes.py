"""Slices of samples, each with a number of its own, in Hounsfield units: air -1000, water 0.

``ellipses``     a soft body with organs, fat, gas and bone in it, all of them ellipses
``shepp_logan``  the phantom of Shepp and Logan (IEEE Trans. Nucl. Sci. 1974; scikit-image's image
                 of it), turned, stretched and moved
``blobs``        spongy bone in marrow: scikit-image's binary blobs in a disc
``slice``        a CT of a patient that comes with pydicom (its test file CT_small), turned,
                 stretched and moved; needs pydicom

A sample is made from (seed, number): the same whenever it is asked for.

Hounsfield units become two densities, as in Schneider et al. (Phys. Med. Biol. 41, 111, 1996) with
two materials: water up to 100, and from there to 1500 more and more cortical bone.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.parts.scene_files import load_numbers
from sim.tomography.materials import BONE_G_PER_CM3

Slice = NDArray[np.float32]

AIR_HU, FAT_HU, WATER_HU = -1000.0, -100.0, 0.0
SOFT_HU, DENSE_HU = 100.0, 1500.0
HIGHEST_HU = 3071.0  # of twelve-bit scanners
LEAST_SIDE, LARGEST_SIDE = 32, 1024


def make_slice(scene: str, side: int, rng: np.random.Generator) -> Slice:
    """Make a slice.

    Parameters
    ----------
    scene
        A key of `SCENES`.
    side
        Samples along each axis.
    rng
        The only source of chance.

    Returns
    -------
    ndarray
        (side, side) Hounsfield units.
    """
    return SCENES[scene](side, rng)


def densities(hounsfield: Slice) -> NDArray[np.float32]:
    """Turn Hounsfield units into (2, side, side) water and bone, g/cm^3."""
    bone = np.clip((hounsfield - SOFT_HU) / (DENSE_HU - SOFT_HU), 0, 1)
    soft = 1 + np.clip(hounsfield, AIR_HU, SOFT_HU) / 1000
    return np.stack([soft * (1 - bone), BONE_G_PER_CM3 * bone]).astype(np.float32)


def load_slices(path: Path) -> NDArray[np.float32]:
    """Read slices from a .npy file: (n, side, side) or (side, side) Hounsfield units.

    Raises
    ------
    ValueError
        If the array is not such slices.
    OSError
        If the file cannot be read.
    """
    slices = load_numbers(path)
    if slices.ndim not in (2, 3):
        raise ValueError(f"slices are (n, side, side) real numbers, not {slices.shape}")
    slices = slices.reshape(-1, *slices.shape[-2:])
    n, height, width = slices.shape
    if n < 1 or height != width or not LEAST_SIDE <= height <= LARGEST_SIDE:
        raise ValueError(f"slices are squares of {LEAST_SIDE} to {LARGEST_SIDE} samples a side")
    if slices.max() > HIGHEST_HU:
        raise ValueError(f"Hounsfield units are at most {HIGHEST_HU:g}")
    if slices.max() <= AIR_HU:
        raise ValueError(f"there is nothing but air, {AIR_HU:g} Hounsfield units")
    result: NDArray[np.float32] = np.maximum(slices, AIR_HU).astype(np.float32)
    return result


def ellipses(side: int, rng: np.random.Generator) -> Slice:
    """Paint a body with 24 things in it; edges between samples by twofold oversampling."""
    fine = 2 * side
    places = (np.arange(fine, dtype=np.float32) + 0.5) * (2 / fine) - 1
    y, x = places[:, None], places[None, :]
    hounsfield = np.full((fine, fine), AIR_HU, np.float32)

    def paint(centre: NDArray[np.float64], axes: NDArray[np.float64], value: float) -> None:
        turn = rng.uniform(0, np.pi)
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        dy, dx = y - np.float32(centre[0]), x - np.float32(centre[1])
        along, across = (cos * dx + sin * dy) / axes[0], (cos * dy - sin * dx) / axes[1]
        hounsfield[along**2 + across**2 < 1] = value

    body = rng.uniform(0.4, 0.75, 2)
    middle = rng.uniform(-0.2, 0.2, 2)
    paint(middle, body, FAT_HU)
    paint(middle, body - rng.uniform(0.02, 0.1), rng.uniform(0, 60))
    kinds = ((FAT_HU, FAT_HU), (0, 100), (AIR_HU, -700), (300, DENSE_HU))
    for _ in range(24):
        low, high = kinds[rng.choice(4, p=(0.15, 0.45, 0.15, 0.25))]
        distance, angle = 0.8 * body.min() * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
        centre = middle + distance * np.array([np.sin(angle), np.cos(angle)])
        paint(centre, rng.lognormal(np.log(0.07), 0.6, 2).clip(0.015, 0.3), rng.uniform(low, high))
    result: Slice = hounsfield.reshape(side, 2, side, 2).mean(axis=(1, 3))
    return result


def shepp_logan(side: int, rng: np.random.Generator) -> Slice:
    """Turn, stretch and move the phantom: its 0, 0.2 and 1 are air, water and bone."""
    from skimage import data  # slow to import

    phantom = data.shepp_logan_phantom()  # type: ignore[no-untyped-call]
    return _placed(np.interp(phantom, (0, 0.2, 1), (AIR_HU, WATER_HU, 1000)), side, rng)


def blobs(side: int, rng: np.random.Generator) -> Slice:
    """Spongy bone, a quarter to a half of a disc."""
    from skimage import data  # slow to import

    bone = data.binary_blobs(  # type: ignore[no-untyped-call]
        side, blob_size_fraction=0.04, volume_fraction=rng.uniform(0.25, 0.5), rng=rng
    )
    places = (np.arange(side) + 0.5) * (2 / side) - 1
    centre = rng.uniform(-0.2, 0.2, 2)
    radius = np.hypot(places[:, None] - centre[0], places[None, :] - centre[1])
    inside = np.where(bone, rng.uniform(700, 1300), -50.0)
    return np.where(radius < rng.uniform(0.4, 0.75), inside, AIR_HU).astype(np.float32)


def real_slice(side: int, rng: np.random.Generator) -> Slice:
    """Turn, stretch and move the slice that comes with pydicom."""
    from pydicom import examples

    image = examples.ct
    hounsfield = image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)
    return _placed(hounsfield, side, rng)


SCENES: dict[str, Callable[[int, np.random.Generator], Slice]] = {
    "ellipses": ellipses,
    "shepp_logan": shepp_logan,
    "blobs": blobs,
    "slice": real_slice,
}


def missing_package(scene: str) -> str:
    """Name the package that a scene needs and that is not there; empty if there is none."""
    return "pydicom" if scene == "slice" and find_spec("pydicom") is None else ""


def _placed(hounsfield: NDArray[np.float64], side: int, rng: np.random.Generator) -> Slice:
    """Turn by any angle, stretch by 0.7 to 1 along each axis, move a little; air around."""
    from scipy import ndimage  # slow to import

    turn = rng.uniform(0, 2 * np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    stretch = rng.uniform(0.7, 0.95, 2)
    to_source = np.array([[cos, -sin], [sin, cos]]) / stretch * (max(hounsfield.shape) / side)
    middle = (np.array(hounsfield.shape) - 1) / 2
    there = (side - 1) / 2 + rng.uniform(-0.05, 0.05, 2) * side
    placed: NDArray[np.float64] = ndimage.affine_transform(
        hounsfield,
        to_source,
        middle - to_source @ there,
        (side, side),
        order=1,
        cval=AIR_HU,
    )
    return np.clip(placed, AIR_HU, HIGHEST_HU).astype(np.float32)
