"""Samples: maps of materials, and the reflectance of each material.

``leaves``    leaves of random outline over soil, some of them under stress in places, some dead;
              textured and shaded. Healthy and stressed leaves differ at the red edge alone
``painting``  photographs that come with scikit-image (NASA and CC0; see its data/README), painted
              with five pigments: white lead, vermilion, ochre, malachite, ultramarine
FILE.npz      the user's own cube: ``wavelengths_nm`` (n,) and ``reflectance`` (n, height, width)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from drivers.given import MOST_NUMBERS_BYTES, ordinary_file
from sim.hyperspectral.spectra import WAVELENGTHS_NM, Curve, edge, leaf, peak, soil
from sim.parts.pieces import cut_square

MATERIALS = {"leaves": 4, "painting": 5}
SCENES = tuple(MATERIALS)
SIDE = 1536
_SMALLEST, _MOST_BANDS = 64, 1000


@dataclass(frozen=True, slots=True)
class PaintedSample:
    """Reflectance of every place, the sum over materials of abundance times spectrum.

    Parameters
    ----------
    abundance
        (materials, height, width) float32, at half a pixel, periodic, nowhere negative.
    spectra
        (materials, n) reflectance at `WAVELENGTHS_NM`.
    named
        (k, n) reflectances of what is to be told apart: of a user's cube its purest places.
    """

    abundance: NDArray[np.float32]
    spectra: Curve
    named: Curve


def make_scene(name: str, rng: np.random.Generator) -> PaintedSample:
    """Make the scene of that name, one of `SCENES`; chance comes from the generator alone."""
    return leaves(rng) if name == "leaves" else painting(rng)


def leaves(rng: np.random.Generator) -> PaintedSample:
    """Healthy, stressed and dead leaves over soil."""
    spectra = np.stack(
        [
            leaf(red=0.04, green=0.08, infrared=0.48, edge_nm=682, edge_width_nm=38),
            leaf(red=0.05, green=0.10, infrared=0.46, edge_nm=674, edge_width_nm=30),
            edge(0.06, 0.45, 660, 90),
            soil(),
        ]
    )
    outline = _soft_step(_field(16, 1.0, rng), 0.15)
    dead = _soft_step(_field(16, 1.0, rng) - 1.2, 0.15)
    stressed = _soft_step(_field(14, 0.6, rng) - 0.3, 0.25)
    veins = _texture(0.18, _field(3, 0.3, rng))
    shade = _texture(0.15, _field(30, 1.0, rng))
    grains = _texture(0.25, _field(2, 0.2, rng))
    alive = outline * (1 - dead)
    maps = [alive * (1 - stressed), alive * stressed, outline * dead]
    abundance = np.stack([*(part * veins for part in maps), (1 - outline) * grains]) * shade
    return _of_materials(abundance, spectra)


def painting(rng: np.random.Generator) -> PaintedSample:
    """Photographs in five pigments: each place is made of those whose colour is near its own."""
    from skimage import data  # slow to import

    spectra = np.stack(
        [
            edge(0.60, 0.90, 400, 20),
            edge(0.05, 0.75, 600, 10),
            edge(0.08, 0.50, 545, 28),
            peak(0.05, 0.35, 530, 45, infrared=0.20),
            peak(0.04, 0.40, 455, 40, infrared=0.45),
        ]
    )
    colours = np.array(
        [[0.9, 0.9, 0.85], [0.7, 0.2, 0.15], [0.6, 0.45, 0.25], [0.2, 0.4, 0.25], [0.15, 0.2, 0.5]]
    )
    pictures = (data.astronaut(), data.coffee(), data.chelsea())  # type: ignore[no-untyped-call]
    tile = SIDE // 4
    abundance = np.empty((len(colours), SIDE, SIDE), np.float32)
    for row in range(4):
        for column in range(4):
            piece = cut_square(pictures[int(rng.integers(len(pictures)))], tile, rng) / 255.0
            apart = ((piece[..., None, :] - colours) ** 2).sum(axis=-1)
            share = np.exp(-apart / 0.03)
            share /= share.sum(axis=-1, keepdims=True)
            light = np.clip(piece.max(axis=-1) / 0.7, 0.1, 1.1)
            place = np.s_[:, row * tile : (row + 1) * tile, column * tile : (column + 1) * tile]
            abundance[place] = (share * light[..., None]).transpose(2, 0, 1)
    return _of_materials(abundance, spectra)


def load_scene(path: Path) -> PaintedSample:
    """Read the user's own cube.

    Raises
    ------
    ValueError
        If the file is not such a cube.
    OSError
        If it cannot be read.
    """
    loaded = np.load(ordinary_file(path, MOST_NUMBERS_BYTES), allow_pickle=False)
    if not isinstance(loaded, np.lib.npyio.NpzFile):
        raise ValueError("a cube is an .npz file with wavelengths_nm and reflectance")
    with loaded as file:
        missing = {"wavelengths_nm", "reflectance"} - set(file)
        if missing:
            raise ValueError(f"a cube holds wavelengths_nm and reflectance, not {', '.join(file)}")
        wavelengths, cube = file["wavelengths_nm"], file["reflectance"]
    if wavelengths.dtype.kind not in "uif" or cube.dtype.kind not in "uif":
        raise ValueError("a cube holds real numbers")
    if wavelengths.ndim != 1 or cube.ndim != 3 or len(wavelengths) != len(cube):
        raise ValueError(
            f"wavelengths_nm is (n,) and reflectance (n, height, width), not {wavelengths.shape} "
            f"and {cube.shape}"
        )
    if not 2 <= len(cube) <= _MOST_BANDS or min(cube.shape[1:]) < _SMALLEST:
        raise ValueError(f"2 to {_MOST_BANDS} wavelengths, {_SMALLEST} samples a side or more")
    if not np.isfinite(wavelengths).all() or np.any(np.diff(wavelengths) <= 0):
        raise ValueError("wavelengths_nm rises")
    if not np.isfinite(cube).all() or cube.min() < 0 or cube.max() > 2 or cube.max() == 0:
        raise ValueError("reflectance lies between 0 and 2 (glints), and is not all 0")
    # between its wavelengths linearly: each counts as a material with a triangle as spectrum
    triangles = [np.interp(WAVELENGTHS_NM, wavelengths, row) for row in np.eye(len(wavelengths))]
    spectra = np.stack(triangles)
    return PaintedSample(cube.astype(np.float32), spectra, _purest(cube, 4).T @ spectra)


def _of_materials(abundance: NDArray[np.floating], spectra: Curve) -> PaintedSample:
    return PaintedSample(np.ascontiguousarray(abundance, np.float32), spectra, spectra)


def _field(scale: float, roughness: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a periodic Gaussian field, mean 0 and variance 1.

    Its power falls as (1 + (k scale)^2)^-(1 + roughness), Matern's; `scale` in samples.
    """
    k2 = np.fft.fftfreq(SIDE)[:, None] ** 2 + np.fft.rfftfreq(SIDE)[None, :] ** 2
    amplitude = (1 + (2 * np.pi * scale) ** 2 * k2) ** (-(1 + roughness) / 2)
    white = fft.rfft2(rng.standard_normal((SIDE, SIDE), np.float32))
    field = fft.irfft2(white * amplitude.astype(np.float32), s=(SIDE, SIDE))
    return np.asarray((field - field.mean()) / field.std())


def _soft_step(field: NDArray[np.float32], width: float) -> NDArray[np.float32]:
    return np.asarray(0.5 * (1 + np.tanh(field / width)))


def _texture(strength: float, field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Brightness around 1, never so high that a surface would shine."""
    return np.asarray(np.exp(np.float32(strength) * np.clip(field, -2, 2)))


def _purest(cube: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """Find the most different spectra of a cube, (n, count).

    Each is the place that the ones before explain least (ATGP: Ren and Chang, IEEE Trans. AES 39,
    1232, 2003).
    """
    places = cube.reshape(len(cube), -1).astype(np.float64)
    left = places.copy()
    chosen: list[int] = []
    for _ in range(min(count, len(cube))):
        index = int(np.argmax((left**2).sum(axis=0)))
        length = np.linalg.norm(left[:, index])
        if length < 1e-6 * np.linalg.norm(places[:, chosen[0]] if chosen else left[:, index]):
            break
        chosen.append(index)
        unit = left[:, index] / length
        left -= np.outer(unit, unit @ left)
    return np.take(places, chosen, axis=1)
