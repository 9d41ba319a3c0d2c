"""Single frames by their spectrum: whether optics blurred the scene, and what noise shows beyond.

P(f) : power at a spatial frequency f, cycles per pixel, over that of noise
broad: mean of P - 1 over 0.03 to 0.06       fine : mean of P - 1 over 0.1 to 0.2
sharp: mean of P - 1 over 0.38 and more; corner: over 0.55 and more
rows : mean of P - 1 along the axis of waves that do not change along a row, over 0.38 and more, by
       how much it is above ``sharp``; columns likewise

Optics let nothing through above their cut-off, whatever the scene. A scene of details of a few
pixels (fine > 0) without any of one pixel (sharp ~ 0) was blurred by them: then no single pixel is
of the scene. Smooth light alone (fine < broad / 100) was smooth before, and says nothing of them.

Noise is white. What is less than 1 in the corners is less than noise must be: a filter. What is
more for whole rows is row noise, or bands of a lamp that flickers (`bands`); what is more at the
finest waves than at coarser ones is a filter that sharpens, or a lossy picture. White noise that is
more than it is said to be shows where optics have blurred a scene: it leaves an even floor there,
where sampled edges go on falling, from 0.28 to 0.38 (``middle``) to half of it and less in
``sharp``, and from 0.4 to 0.5 (``edge``) to the corners. In a flat field or a scene as sharp as the
pixels it shows in repeats alone.

Where there is nothing but noise at any wave, fields can differ in their brightness alone. Whether
that is the sample or the lamp repeats tell, and single frames do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.diagnostics.bands import ALONG, Bands, line_bits

SPECTRUM_SIDE, _LEAST_SIDE = 256, 48
_MOST_IMAGES = 16
_BROAD, _FINE, _SHARP = (0.03, 0.06), (0.1, 0.2), (0.38, 0.71)
_MIDDLE, _EDGE, _CORNER = (0.28, 0.38), (0.4, 0.5), (0.55, 0.71)
_MOST_SHARP = 0.015  # of what there is at 0.1 to 0.2: optics of 0.8 pixels, rms, leave less
_LEAST_FINE = 0.01  # of what there is at 0.03 to 0.06
_SIGMAS = 2.0
_SURE = 4.0  # standard errors, of what is flagged
_QUIET = 0.2
_MISSING = 0.1  # of the noise's power
_RISE = 1.02
_FLOOR = 0.03  # of the noise's power: 0.02 bit
_MOST_FLOOR = 0.03  # of what there is at 0.1 to 0.2: sampled edges leave more
_EVEN = 0.55  # of what there is at coarser waves, that an even floor has more than at finer ones
_EVEN_SIGMAS = 2.0
_MOST_LINE_BITS = _MOST_LAMP_BITS = 0.02
_NOTHING = 0.03
_LEAST_BRIGHTNESS = 0.005
_PARTS = 4  # rows and columns of an image's large parts
_MOST_WITHIN = 0.03  # of the variance between images, that those parts have
_PATCH = 16


class Level(NamedTuple):
    """Mean of P - 1 over some frequencies, and its standard error."""

    over: float = 0.0
    se: float = 0.0

    def surely(self, sigmas: float) -> bool:
        """Whether it is above 0 by so many standard errors."""
        return self.over > sigmas * self.se

    def at_most(self, sigmas: float) -> float:
        """Give what it may be."""
        return self.over + sigmas * self.se


_NONE, _UNKNOWN = Level(), Level(math.inf)


@dataclass(frozen=True, slots=True)
class Sharpness:
    """What frames have at spatial frequencies, in the noise's power.

    Parameters
    ----------
    broad, fine, middle, sharp, edge, corner, rows, columns
        See the module; of lines how much they are above ``sharp``.
    height, width
        Of the images, pixels.
    bands
        What whole rows and columns have at coarser waves.
    brightness_bits
        Bits per pixel that differences of whole images pass for, where large parts of one image
        differ by next to nothing.
    """

    broad: Level = _NONE
    fine: Level = _NONE
    middle: Level = _NONE
    sharp: Level = _UNKNOWN
    edge: Level = _NONE
    corner: Level = _NONE
    rows: Level = _NONE
    columns: Level = _NONE
    height: int = 1
    width: int = 1
    bands: Bands = field(default_factory=Bands)
    brightness_bits: float = 0.0

    @property
    def by_noise_alone(self) -> bool:
        """Whether pixels differ from the next by noise alone, or nearly."""
        return self.sharp.over < _QUIET + _SIGMAS * self.sharp.se

    @property
    def blurred(self) -> bool:
        """Whether optics must have blurred the scene."""
        at_most = max(self.sharp.over, 0.0) + _SIGMAS * self.sharp.se
        fine = self.fine.over
        return at_most < _MOST_SHARP * fine and fine > _LEAST_FINE * self.broad.over

    @property
    def too_quiet(self) -> bool:
        """Whether there is less than the noise somewhere."""
        return self.corner.at_most(_SURE) + _MISSING < 0

    @property
    def line_bits(self) -> float:
        """Bits per pixel that noise of whole rows or columns passes for."""
        if not self.by_noise_alone:
            return 0.0
        found = 0.0
        for more, length in ((self.rows, self.width), (self.columns, self.height)):
            if more.surely(_SURE):
                found = max(found, line_bits(more.over / (ALONG * length)))
        return found

    @property
    def rises(self) -> bool:
        """Whether there is more where optics leave least."""
        above = 1 + self.sharp.over - _RISE * (1 + self.fine.over)
        se = math.hypot(self.sharp.se, self.fine.se)
        return math.isfinite(self.sharp.over) and above > _SURE * se

    @property
    def floor(self) -> bool:
        """Whether there is more than the noise, evenly, under a scene that optics have blurred."""
        blurred = self.sharp.over < _MOST_FLOOR * self.fine.over
        even = [
            Level(
                finer.over - _EVEN * coarser.over, math.hypot(finer.se, _EVEN * coarser.se)
            ).surely(_EVEN_SIGMAS)
            for finer, coarser in ((self.sharp, self.middle), (self.corner, self.edge))
        ]
        there = self.sharp.over > max(_FLOOR, _SURE * self.sharp.se)
        return blurred and there and any(even)

    @property
    def brightness_alone(self) -> bool:
        """Whether images differ in their brightness as a whole, and have nothing in them."""
        nothing = all(
            abs(level.over) < _NOTHING + _SIGMAS * level.se for level in (self.fine, self.sharp)
        )
        return nothing and self.brightness_bits > _LEAST_BRIGHTNESS

    def flags(self, bits_per_pixel: float = math.inf) -> set[str]:
        """Name what speaks against the noise model.

        Parameters
        ----------
        bits_per_pixel
            The estimate: what differences of brightness alone can be of it.
        """
        found = set()
        lamp = self.brightness_alone and bits_per_pixel > _MOST_LAMP_BITS
        if self.too_quiet or self.floor or lamp:
            found.add("noise_mismatch")
        if self.rises or max(self.line_bits, self.bands.bits) > _MOST_LINE_BITS:
            found.add("noise_correlated")
        return found


def sharpness(
    images: NDArray[np.float32], noise_variance_adu2: float, light_adu: float = math.inf
) -> Sharpness:
    """Look at the spectrum of images (n, H, W).

    Parameters
    ----------
    light_adu
        Mean, above what is read without any light; not less than it is.
    """
    height, width = (min(side, SPECTRUM_SIDE) for side in images.shape[1:])
    if min(height, width) < _LEAST_SIDE or noise_variance_adu2 <= 0:
        return Sharpness()
    some = images[:_MOST_IMAGES, :height, :width]
    power, rows_each, columns_each = (one / noise_variance_adu2 for one in _power(some))
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    f = np.hypot(down, across)

    def mean(inside: NDArray[np.bool_], alike: float) -> Level:
        # neighbours of one frequency say the same, by the window: one in four is its own, or two
        independent = max(np.count_nonzero(inside) * len(some) / alike, 1.0)
        level = float(power[inside].mean())
        return Level(level - 1, level / math.sqrt(independent))

    def band(ends: tuple[float, float]) -> Level:
        return mean((f >= ends[0]) & (f < ends[1]) & (across > 0.02) & (np.abs(down) > 0.02), 4)

    sharp = band(_SHARP)
    rows = mean((across == 0) & (np.abs(down) >= _SHARP[0]), 4)
    columns = mean((down == 0) & (across >= _SHARP[0]), 2)
    # where lines have no more than the rest, both standard errors are the rest's
    line_se = max(one.se / (1 + one.over) for one in (rows, columns)) * (1 + sharp.over)
    return Sharpness(
        band(_BROAD),
        band(_FINE),
        band(_MIDDLE),
        sharp,
        band(_EDGE),
        band(_CORNER),
        Level(rows.over - sharp.over, line_se),
        Level(columns.over - sharp.over, line_se),
        height,
        width,
        Bands.of(power, rows_each, columns_each, light_adu / math.sqrt(noise_variance_adu2)),
        _brightness_bits(images, noise_variance_adu2),
    )


def _brightness_bits(images: NDArray[np.float32], noise_variance_adu2: float) -> float:
    """Bits per pixel of a patch, that the variance of images' means passes for."""
    n, height, width = images.shape
    if n < 2:
        return 0.0
    down, across = height // _PARTS, width // _PARTS
    cut = images[:, : down * _PARTS, : across * _PARTS].reshape(n, _PARTS, down, _PARTS, across)
    parts = cut.mean(axis=(2, 4), dtype=np.float64).reshape(n, -1)
    noise = noise_variance_adu2 / (down * across)
    within = float(parts.var(axis=1, ddof=1).mean()) - noise
    between = float(parts.mean(axis=1).var(ddof=1))
    chance = _SURE * noise / parts.shape[1]
    if within + chance > _MOST_WITHIN * between:
        return 0.0
    return 0.5 * math.log2(1 + _PATCH**2 * between / noise_variance_adu2) / _PATCH**2


def _power(images: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """Mean power (H, W / 2 + 1) of images, 1 for white noise of variance 1, and axes of each."""
    from scipy.fft import rfft2

    window = spectrum_window(*images.shape[1:])
    about = images - images.mean(axis=(1, 2), keepdims=True)
    about *= window
    transformed = rfft2(about)
    power = transformed.real**2 + transformed.imag**2
    total = float((window**2).sum())
    rows, columns = power[:, : power.shape[1] // 2 + 1, 0], power[:, 0]
    return (
        power.mean(axis=0, dtype=np.float64) / total,
        rows.astype(np.float64) / total,
        columns.astype(np.float64) / total,
    )


def spectrum_window(height: int, width: int) -> NDArray[np.float32]:
    """Give the window of images (H, W), of which `SPECTRUM_SIDE` rows and columns count."""
    down, across = (np.hanning(min(side, SPECTRUM_SIDE) + 1)[:-1] for side in (height, width))
    return np.asarray(down[:, None] * across, dtype=np.float32)
