"""Light, surfaces and silicon against wavelength, all at `WAVELENGTHS_NM`.

E(l)  : irradiance of the sample, W m^-2 nm^-1: a black body's, Planck's law (2856 K is the CIE's
        illuminant A, a tungsten lamp), or one from a table
q(l)  : electrons per photon
R(l)  : reflectance of a Lambertian surface

Reflectances are parametric curves with the features by which such surfaces are told apart:

leaf     chlorophyll: dark in blue and red, a green peak at 550 nm, and the red edge as an inverted
         Gaussian, R = Rs - (Rs - R0) exp(-(l - l0)^2 / (2 s^2)) from l0 on (Miller, Hare and Wu,
         Int. J. Remote Sensing 11, 1755, 1990); under stress its inflection l0 + s moves to the
         blue and the green peak grows (Horler, Dockray and Barber, ibid. 4, 273, 1983)
litter   dead leaves: no chlorophyll, a slow rise from blue to infrared
soil     a concave rise without features
edges    pigments such as vermilion and ochre: R = low + (high - low) / (1 + exp(-(l - l0) / s))
peaks    pigments such as ultramarine and malachite: a Gaussian on a low floor, rising in infrared
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import constants

from drivers.given import given_text
from sim.parts import spectra

Curve = NDArray[np.float64]

WAVELENGTHS_NM: Curve = np.arange(380.0, 1001.0)
"""What optics and sensor let pass, nm apart, so that a sum over them is an integral."""

_L = WAVELENGTHS_NM


def planck(temperature_k: float) -> Curve:
    """E(l) of a black body, for an irradiance of 1 W/m^2 in all."""
    radiance = spectra.planck(_L * 1e-9, temperature_k, np.expm1)
    return np.asarray(radiance / radiance.sum())


def load_lamp(path: Path) -> Curve:
    """Read E(l) from a table of wavelength and irradiance, in any unit, 1 W/m^2 in all.

    There is no light beyond its ends, as with the CIE's daylight beyond 830 nm.

    Raises
    ------
    ValueError, OSError
        As `load_curves`; or if there is no light between 380 and 1000 nm.
    """
    wavelengths, (light,) = load_curves(path, 1)
    curve = np.interp(_L, wavelengths, light, left=0.0, right=0.0)
    if not curve.any():
        raise ValueError(f"there is no light between {_L[0]:.0f} and {_L[-1]:.0f} nm")
    return np.asarray(curve / curve.sum())


def load_reflectances(path: Path, count: int) -> Curve:
    """Read reflectances, (count, n), from a table of wavelength and one column a material.

    Beyond the table's ends they stay as they are there.

    Raises
    ------
    ValueError, OSError
        As `load_curves`; or for reflectances above 2 (glints), or none at all.
    """
    wavelengths, columns = load_curves(path, count)
    if columns.max() > 2 or not columns.any(axis=1).all():
        raise ValueError("a reflectance lies between 0 and 2, and is not 0 at all wavelengths")
    return np.stack([np.interp(_L, wavelengths, column) for column in columns])


def load_curves(path: Path, count: int) -> tuple[Curve, Curve]:
    """Read a table of curves: comma-separated, wavelength in nm first, a heading or none.

    Parameters
    ----------
    path
        A .csv file.
    count
        How many curves it must hold.

    Returns
    -------
    wavelengths, curves
        (n,) rising, and (count, n), nowhere negative.

    Raises
    ------
    ValueError
        If the file is not such a table.
    OSError
        If it cannot be read.
    """
    lines = given_text(path).splitlines()
    lines = [line for line in lines if line.strip()] or ["nan"]
    table = np.genfromtxt(lines, delimiter=",", ndmin=2)
    if len(table) and np.isnan(table[0]).all():
        table = table[1:]
    if table.shape[1:] != (count + 1,) or len(table) < 2:
        raise ValueError(
            f"a table has a column of wavelengths in nm and {count} more, and 2 rows at least"
        )
    if not np.isfinite(table).all() or table[:, 1:].min() < 0:
        raise ValueError("a table holds finite numbers, nowhere negative")
    if np.any(np.diff(table[:, 0]) <= 0):
        raise ValueError("wavelengths rise from row to row")
    return table[:, 0], np.ascontiguousarray(table[:, 1:].T)


def quantum_efficiency(peak: float) -> Curve:
    """q(l) of silicon."""
    return spectra.silicon(_L, peak, np.exp)


def electrons_per_joule(peak: float) -> Curve:
    """Electrons from 1 J of light at each wavelength, q l / (h c)."""
    return quantum_efficiency(peak) * _L * 1e-9 / (constants.h * constants.c)


def leaf(red: float, green: float, infrared: float, edge_nm: float, edge_width_nm: float) -> Curve:
    """Reflectance of a green leaf: R0, height of the green peak, Rs, l0, s of the module."""
    peak = green * np.exp(-(((_L - 550) / 35) ** 2))
    past = np.maximum(_L - edge_nm, 0.0) / edge_width_nm
    return np.asarray(peak + infrared - (infrared - red) * np.exp(-(past**2) / 2))


def soil() -> Curve:
    """Reflectance of dry soil."""
    return np.asarray(0.06 + 0.30 * (1 - np.exp(-(_L - 380) / 350)))


def edge(low: float, high: float, middle_nm: float, width_nm: float) -> Curve:
    """Reflectance that steps up once."""
    return np.asarray(low + (high - low) / (1 + np.exp(-(_L - middle_nm) / width_nm)))


def peak(low: float, high: float, middle_nm: float, width_nm: float, infrared: float) -> Curve:
    """Reflectance with one band of colour, and a rise in the infrared."""
    colour = (high - low) * np.exp(-(((_L - middle_nm) / width_nm) ** 2))
    return np.asarray(colour + edge(low, infrared, 760, 25))
