"""From modes to a phase over the pupil, and from the phase to levels.

z    : (modes,) amplitudes, nm of the wavefront
x, y : in the pupil, 1 at its edge; x to the right, y up
c    : (k, k) coefficients of all Zernike modes together, and of the grating: sum c[p, q] x^p y^q
phi  : phase in turns, ``c(z)`` and the modes of one's own in the pupil, plus the flat everywhere

As polynomials the phase is a product of three small matrices, whatever the number of modes.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import BoundsTogether
from drivers.slm.modulator import Panel
from drivers.slm.table import PLACES, nearest_levels
from drivers.slm.zernike import noll_to_nm, zernike_polynomial
from drivers.types import Floats, Pixels

_LOW = 0 if sys.byteorder == "little" else 1
STEEPEST = 0.5
"""Turns between neighbouring pixels beyond which a wrapped phase is another one."""
# Where steepness is asked: on circles of these radii, so many points.
_CIRCLES = ((1.0, 32), (0.7, 16), (0.4, 8), (0.0, 1))


@dataclass(frozen=True)
class PupilPlace:
    """Where the pupil lies on the panel, and its grating.

    Parameters
    ----------
    center_x_px, center_y_px
        In columns and rows, 0 at the centre of the first pixel.
    radius_px
        Of the pupil.
    grating_x_px, grating_y_px
        Turns per pixel to the right, and up.
    """

    center_x_px: float
    center_y_px: float
    radius_px: float
    grating_x_px: float = 0.0
    grating_y_px: float = 0.0


@dataclass(frozen=True, eq=False)
class OwnModes:
    """Modes that a file holds.

    Parameters
    ----------
    names
        With ``_nm``.
    maps
        (modes, rows, columns), nm of the wavefront per nm of the mode.
    """

    names: tuple[str, ...] = ()
    maps: NDArray[np.float32] | None = None


class Pupil:
    """Makes frames of modes.

    Parameters
    ----------
    panel
        The pixels.
    place
        Of the pupil.
    noll
        Noll indices of the Zernike modes, the first modes.
    own
        Modes after them.
    flat_nm
        (rows, columns) wavefront that is there in every frame; None for none.
    table
        (levels,) turns of each level.

    Attributes
    ----------
    modes
        Names.
    """

    def __init__(
        self,
        panel: Panel,
        place: PupilPlace,
        noll: tuple[int, ...],
        own: OwnModes,
        flat_nm: Floats | None,
        table: Floats,
    ) -> None:
        self.panel, self.place = panel, place
        self.modes = (*(f"z{j}_nm" for j in noll), *own.names)
        self._n_noll = len(noll)
        self._levels = nearest_levels(table)
        size = max([2, *(noll_to_nm(j)[0] + 1 for j in noll)])
        self._polynomials = np.zeros((len(noll), size, size))
        for row, j in zip(self._polynomials, noll, strict=True):
            found = zernike_polynomial(j)
            row[: len(found), : len(found)] = found
        self._polynomials /= panel.wavelength_nm
        grating = np.zeros((size, size))
        grating[1, 0] = place.grating_x_px * place.radius_px
        grating[0, 1] = place.grating_y_px * place.radius_px
        self._grating = grating
        self._box, x, y = self._surroundings()
        self._x_powers = np.power(x, np.arange(size)[:, None]).astype(np.float32)
        self._y_powers = np.power(y[:, None], np.arange(size)).astype(np.float32)
        self._inside = (x**2 + y[:, None] ** 2 <= 1).astype(np.float32)
        maps = own.maps
        self._own_maps = np.zeros((0, len(y), len(x)), np.float32)
        if maps is not None:
            self._own_maps = maps[:, self._box[0], self._box[1]] * np.float32(1 / self._wave)
        self._flat = None
        around = np.zeros(panel.shape, np.float32)
        if flat_nm is not None:
            around = (flat_nm * (PLACES / self._wave)).astype(np.float32)
            self._flat = around[self._box]
        self._phase = np.empty(self._inside.shape, np.float32)
        self._whole = np.empty(self._inside.shape, np.int32)
        frame = self._levels[around.astype(np.int64) & (PLACES - 1)]
        self._frames: list[Pixels] = [frame, frame.copy()]  # one is shown while the other is made

    def frame(self, amplitudes: Floats) -> Pixels:
        """Make the frame of these amplitudes, nm; it holds until the one after the next is made."""
        coefficients = np.tensordot(amplitudes[: self._n_noll], self._polynomials, 1)
        coefficients = (coefficients + self._grating).T * PLACES
        phase, whole = self._phase, self._whole
        np.matmul(self._y_powers @ coefficients.astype(np.float32), self._x_powers, out=phase)
        own = amplitudes[self._n_noll :]
        if len(own):
            phase += np.tensordot((own * PLACES).astype(np.float32), self._own_maps, 1)
        phase *= self._inside
        if self._flat is not None:
            phase += self._flat
        np.copyto(whole, phase, casting="unsafe")
        self._frames.reverse()
        frame: Pixels = self._frames[0]
        # A whole number of places, of which the low half is the place within its turn.
        frame[self._box] = np.take(self._levels, whole.view(np.uint16)[:, _LOW::2])
        return frame

    def bounds_together(self, label: str) -> BoundsTogether:
        """Tell how far the modes may go so that no two neighbours are half a turn apart.

        Asked on circles in the pupil, where Zernike modes are steepest; of modes of one's own where
        each of them is.
        """
        slopes, offset, names = self._slopes()
        settings = tuple(f"{label}.{mode}" for mode in self.modes)
        ends = np.full(len(offset), STEEPEST)
        return BoundsTogether(settings, slopes, offset, -ends, ends, names)

    @property
    def _wave(self) -> float:
        return self.panel.wavelength_nm

    def _surroundings(self) -> tuple[tuple[slice, slice], Floats, Floats]:
        """Give the pupil's box, and the coordinates of its columns and rows."""
        rows, columns = self.panel.shape
        place = self.place
        box = []
        for middle, most in ((place.center_y_px, rows), (place.center_x_px, columns)):
            first = max(0, math.ceil(middle - place.radius_px))
            box.append(slice(first, min(most, math.floor(middle + place.radius_px) + 1)))
        x = (np.arange(columns, dtype=np.float64)[box[1]] - place.center_x_px) / place.radius_px
        y = (place.center_y_px - np.arange(rows, dtype=np.float64)[box[0]]) / place.radius_px
        return (box[0], box[1]), x, y

    def _slopes(self) -> tuple[Floats, Floats, tuple[str, ...]]:
        """Give turns per pixel: for a nm of each mode, (rows, modes); of the grating, (rows,)."""
        angles = [(r, 2 * math.pi * (i + 0.5) / n) for r, n in _CIRCLES for i in range(n)]
        steepest = self._steepest()
        x = np.array([*(r * math.cos(a) for r, a in angles), *(x for x, _ in steepest)])
        y = np.array([*(r * math.sin(a) for r, a in angles), *(y for _, y in steepest)])
        rows, names = [], []
        own = self._own_slopes(x, y)
        for axis, name in enumerate(("to the right", "upwards")):
            slope = np.array([_slope(c, axis, x, y) for c in self._polynomials])
            slope = slope.reshape(self._n_noll, len(x)) / self.place.radius_px
            rows.append(np.vstack([slope, own[axis]]).T)
            names += [
                f"the phase {name} at {a:.2f}, {b:.2f} of the pupil, turns per pixel"
                for a, b in zip(x.tolist(), y.tolist(), strict=True)
            ]
        n = len(x)
        offset = np.repeat([self.place.grating_x_px, self.place.grating_y_px], n)
        return np.vstack(rows), offset, tuple(names)

    def _steepest(self) -> list[tuple[float, float]]:
        """Where in the pupil each mode of one's own is steepest."""
        found = []
        radius = self.place.radius_px
        for mode in self._own_maps:
            for slope in np.gradient(mode):
                size = np.abs(slope) * self._inside
                row, column = np.unravel_index(int(np.argmax(size)), size.shape)
                x = (float(column) + self._box[1].start - self.place.center_x_px) / radius
                found.append(
                    (x, (self.place.center_y_px - float(row) - self._box[0].start) / radius)
                )
        return found

    def _own_slopes(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Steepness of the modes of one's own there, (modes, places) to the right and upwards."""
        maps = self._own_maps
        if not len(maps):
            return np.zeros((0, len(x))), np.zeros((0, len(x)))
        place = self.place
        column = np.rint(place.center_x_px + x * place.radius_px).astype(int) - self._box[1].start
        row = np.rint(place.center_y_px - y * place.radius_px).astype(int) - self._box[0].start
        column = np.clip(column, 0, maps.shape[2] - 1)
        row = np.clip(row, 0, maps.shape[1] - 1)
        down: Floats = np.asarray(np.gradient(maps, axis=1), dtype=np.float64)
        right: Floats = np.asarray(np.gradient(maps, axis=2), dtype=np.float64)
        return right[:, row, column], -down[:, row, column]


def _slope(coefficients: Floats, axis: int, x: Floats, y: Floats) -> Floats:
    """Derive a polynomial along x (axis 0) or y (axis 1), at these places."""
    derived = np.polynomial.polynomial.polyder(coefficients, axis=axis)
    return np.asarray(np.polynomial.polynomial.polyval2d(x, y, derived), dtype=np.float64)
