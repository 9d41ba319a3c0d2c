"""A camera whose pixels differ, and the correction of its frames.

o_i : offset of pixel i, ADU            r_i : response, mean 1: photo-response times shading
d_i : dark electrons in a frame         s_i : read noise, electrons       g_i : electrons per ADU
a_i : response in ADU, r_i mean(g) / g_i
u   : uniform on [-1/2, 1/2)            D   : unit of z, ADU (1, or less where noise is narrow)

    K_i ~ Poisson(r_i lambda_i + d_i)       y_i = clip(round(K_i / g_i + o_i + N(0, (s_i / g_i)^2)))
    z_i = clip(round((y_i + u - o_i - d_i / g_i) / (a_i D) + O), 0, Z)

z is what a density is fitted to: on it the same light gives the same number everywhere. O and Z are
the same for all pixels and such that whatever y clips, z does too. A pixel that clips late loses
what lies between Z and its own end; in return clipped pixels of all responses are one atom, where
at their own corrected values, z_top / a_i, they would look like a pattern that carries information.
So I(X;Z) <= I(X;Y), equal while nothing clips, and a flat field carries nothing at any light.

Corrected integers would lie on a lattice whose steps and phase differ from pixel to pixel, which no
density fitted to all of them can know. u makes z smooth: y + u and y carry the same information.
Rounding, u and the rounding to z add variances 1/12 + 1/12 ADU^2 and 1/12 D^2; the first two count
as read noise. With maps of whole ADU and response 1, nothing is drawn and z is y, shifted.

u is drawn from a generator seeded by the frame itself: the same frame always gives the same z.
"""

from __future__ import annotations

import math
import zlib
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.anscombe import Stabiliser
from hil.noise.camera import CameraNoise
from hil.noise.corrected import CorrectedNoise, finest_step_adu
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.pixel_classes import PixelClasses

_LEAST_RESPONSE, _MOST_RESPONSE = 0.25, 4.0  # beyond, a pixel is defective
_CLASS_WIDTHS = (0.1, 0.1, 0.3, 0.3)  # of gain, response, read noise, dark electrons


class CameraMapNoise:
    """A camera whose pixels differ in offset, response, read noise, gain and dark current.

    Parameters
    ----------
    gain_e_per_adu
        Electrons per ADU, more than 0: a number or (height, width).
    offset_adu
        What a pixel reads without light and dark current, ADU, at least 0: number or map.
    read_noise_e
        Electrons rms, at least 0: number or map.
    response
        Electrons from the same light relative to the mean pixel: photo-response times shading, of
        mean about 1: number or map. Pixels outside 0.25 to 4 are not used.
    usable
        (height, width), false for hot and dead pixels; None for all. A fixed mask: leaving pixels
        out by what they read would bias both entropies.
    dark_e
        Mean dark electrons of a frame, at least 0: number or map.
    bit_depth
        1 to 32.
    saturation_adu
        ADU from which pixels are saturated where that comes before the end of the bits (full well).

    Raises
    ------
    InputError
        For impossible values, and maps of different sizes.
    """

    def __init__(
        self,
        gain_e_per_adu: ArrayLike,
        offset_adu: ArrayLike,
        read_noise_e: ArrayLike,
        response: ArrayLike = 1.0,
        usable: ArrayLike | None = None,
        dark_e: ArrayLike = 0.0,
        bit_depth: int = 16,
        saturation_adu: float | None = None,
    ) -> None:
        self.gain_e_per_adu = _map("gain_e_per_adu", gain_e_per_adu, above=True)
        self.offset_adu = _map("offset_adu", offset_adu)
        self.read_noise_e = _map("read_noise_e", read_noise_e)
        self.response = _map("response", response)
        self.dark_e = _map("dark_e", dark_e)
        maps = (
            self.gain_e_per_adu,
            self.offset_adu,
            self.read_noise_e,
            self.response,
            self.dark_e,
        )
        given = None if usable is None else np.asarray(usable)
        self.shape = _common_shape([*maps, *([] if given is None else [given])])
        good = (self.response >= _LEAST_RESPONSE) & (self.response <= _MOST_RESPONSE)
        if given is not None:
            good = good & given.astype(bool)
        if not good.any():
            raise InputError("noise", "usable", "leaves no pixel; allowed: a map with some true")
        self.usable: NDArray[np.bool_] = np.broadcast_to(good, self.shape)
        # the checks of a camera, for its typical pixel
        self.typical = CameraNoise(
            self._mean(self.gain_e_per_adu),
            self._mean(self.offset_adu),
            self._mean(self.read_noise_e),
            bit_depth,
        )
        self.bit_depth = self.typical.bit_depth
        self._top_adu = self.typical.highest_adu
        if saturation_adu is not None:
            if not self.typical.offset_adu < saturation_adu:
                raise InputError(
                    "noise", "saturation_adu", f"{saturation_adu}; allowed: above the offset"
                )
            self._top_adu = min(self._top_adu, math.floor(saturation_adu))
        self._recoded: dict[tuple[float, float, float | None], CameraMapNoise] = {}
        if self._ends[1] < 4:
            raise InputError("noise", "offset_adu", "leaves no range between offset and clip")

    def __repr__(self) -> str:
        size = f"{self.shape[0]} x {self.shape[1]}, " if self.shape else ""
        return (
            f"CameraMapNoise({size}gain_e_per_adu={self._mean(self.gain_e_per_adu):g}, "
            f"offset_adu={self._mean(self.offset_adu):g}, "
            f"read_noise_e={self._mean(self.read_noise_e):g}, bit_depth={self.bit_depth}, "
            f"{int(self.usable.size - np.count_nonzero(self.usable))} pixels masked)"
        )

    @property
    def highest_adu(self) -> float:
        """Where its pixels clip, ADU."""
        return float(self._top_adu)

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> CameraMapNoise:
        """Give the noise of (y - phase) / step, clipped at ``highest`` of these; it is kept."""
        key = (step_adu, phase_adu, highest)
        if key not in self._recoded:
            offset = np.maximum((self.offset_adu - phase_adu) / step_adu, 0.0)
            clip = None if highest is None or math.isinf(highest) else highest
            self._recoded[key] = CameraMapNoise(
                self.gain_e_per_adu * step_adu,
                offset,
                self.read_noise_e,
                self.response,
                self.usable,
                self.dark_e,
                self.bit_depth,
                clip if clip is not None and clip > float(np.mean(offset)) else None,
            )
        return self._recoded[key]

    def flatten(self, frames: ArrayLike) -> tuple[NDArray[Any], CorrectedNoise]:
        """Correct frames (..., height, width), ADU, to z, with the noise that z has.

        Raises
        ------
        InputError
            For frames of another size, or that this camera cannot have taken.
        """
        array = np.asarray(frames)
        if array.ndim < 2 or (self.shape and array.shape[-2:] != self.shape):
            raise InputError(
                "frames", "", f"have {array.shape[-2:]} pixels, the noise's maps {self.shape}"
            )
        if array.dtype.kind not in "uif":
            raise InputError("frames", "", f"hold {array.dtype} values; allowed: integers")
        dtype = np.uint16 if self._ends[1] < 2**16 else np.uint32
        z = np.empty(array.shape, dtype=dtype)
        stack, out = array.reshape(-1, *array.shape[-2:]), z.reshape(-1, *array.shape[-2:])
        for frame, corrected in zip(stack, out, strict=True):
            corrected[...] = self._corrected(frame)
        return z, self.corrected_noise

    @cached_property
    def corrected_noise(self) -> CorrectedNoise:
        """Noise of corrected frames, in units of z."""
        dither_adu2 = 0.0 if self._whole else 1 / 6
        columns = [self.gain_e_per_adu, self._adu_response, self.read_noise_e, self.dark_e]
        pixels = [np.broadcast_to(each, self.shape)[self.usable] for each in columns]
        gain, response, read, dark = (np.asarray(each, dtype=np.float64) for each in pixels)
        read = np.sqrt(read**2 + dither_adu2 * gain**2 + 1e-12)
        classes = PixelClasses.of([gain, response, read, dark + 1.0], _CLASS_WIDTHS)
        dark_level, top = self._ends
        distributions = []
        for g, r, s, d in classes.centres:
            per_unit = g * r * self._unit_adu
            distributions.append(
                CameraPixel(per_unit, dark_level - (d - 1.0) / per_unit, s, float(top))
            )
        # the mean variance of z as a line in the mean of z, from every pixel's own
        per_unit = gain * response * self._unit_adu
        slope = float(np.mean(1 / per_unit))
        intercept = float(np.mean((read**2 + dark) / per_unit**2)) + 1 / 12
        line = Stabiliser(float(dark_level), slope, intercept)
        kinds = None
        if self.shape and len(distributions) > 1:
            kinds = np.zeros(self.shape, dtype=np.uint8)
            kinds[self.usable] = classes.member
        return CorrectedNoise(distributions, classes.weights, line, f"{self!r}, corrected", kinds)

    def binned(self, binning: int) -> CameraMapNoise:
        """Give the noise of sums over b x b pixels, whose offsets are those of one pixel.

        That is: offsets are taken off, rounded pixels summed, and one mean offset put back, as
        `sim.parts.sensor` does. A sum that holds a pixel that is not usable is not usable.
        """
        if isinstance(binning, bool) or binning != int(binning) or binning < 1:
            raise InputError("binning", "", f"{binning!r}; allowed: an integer from 1")
        b = int(binning)
        if b == 1:
            return self
        height, width = (size // b * b for size in self.shape) if self.shape else (b, b)

        def blocks(values: NDArray[Any]) -> NDArray[Any]:
            whole = np.broadcast_to(values, self.shape or (b, b))[:height, :width]
            return whole.reshape(height // b, b, width // b, b)

        base = round(self.typical.offset_adu)
        usable = blocks(self.usable).all(axis=(1, 3))
        rounding_e2 = (b**2 - 1) / 12 * self.typical.gain_e_per_adu**2
        return CameraMapNoise(
            blocks(self.gain_e_per_adu).mean(axis=(1, 3)),
            np.maximum((blocks(self.offset_adu) - base).sum(axis=(1, 3)) + base, 0.0),
            np.sqrt((blocks(self.read_noise_e) ** 2).sum(axis=(1, 3)) + rounding_e2),
            blocks(self.response).mean(axis=(1, 3)),
            usable,
            blocks(self.dark_e).sum(axis=(1, 3)),
            self.bit_depth,
            None if self._top_adu == self.typical.highest_adu else self._top_adu,
        )

    def region(self, top: int, left: int, height: int, width: int) -> CameraMapNoise:
        """Give the noise of a part of the frame."""
        if not self.shape:
            return self
        rows, columns = slice(top, top + height), slice(left, left + width)
        if min(top, left) < 0 or top + height > self.shape[0] or left + width > self.shape[1]:
            raise InputError("region", "", f"leaves the maps, {self.shape[0]} x {self.shape[1]}")
        gain, offset, read, response, dark = (
            each[rows, columns] if each.ndim else each
            for each in (
                self.gain_e_per_adu,
                self.offset_adu,
                self.read_noise_e,
                self.response,
                self.dark_e,
            )
        )
        return CameraMapNoise(
            gain,
            offset,
            read,
            response,
            self.usable[rows, columns],
            dark,
            self.bit_depth,
            None if self._top_adu == self.typical.highest_adu else self._top_adu,
        )

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """Draw a measurement of ``lambda_`` (..., height, width) electrons in the mean pixel."""
        g = self.gain_e_per_adu
        electrons = rng.poisson(np.asarray(lambda_) * self.response + self.dark_e)
        read = self.read_noise_e * rng.standard_normal(electrons.shape)
        adu = np.rint((electrons + read) / g + self.offset_adu)
        top = self.typical.highest_adu
        return np.clip(adu, 0, top).astype(np.uint16 if self.bit_depth <= 16 else np.uint32)

    @cached_property
    def _dark_adu(self) -> Floats:
        """o_i + d_i / g_i."""
        result: Floats = self.offset_adu + self.dark_e / self.gain_e_per_adu
        return result

    @cached_property
    def _adu_response(self) -> Floats:
        """a_i: ADU from the same light relative to the mean pixel."""
        result: Floats = self.response * (self._mean(self.gain_e_per_adu) / self.gain_e_per_adu)
        return result

    @cached_property
    def _whole(self) -> bool:
        """Whether maps shift by whole ADU alone, so that integers stay integers."""
        shift = self._dark_adu - self._dark_adu.flat[0]
        return bool((self._adu_response == 1.0).all() and (shift == np.rint(shift)).all())

    @cached_property
    def _unit_adu(self) -> float:
        """D."""
        if self._whole:
            return 1.0
        quiet = float(np.quantile(self._at(self.read_noise_e / self.gain_e_per_adu), 0.1))
        return finest_step_adu(math.hypot(quiet, math.sqrt(1 / 6)), self._top_adu)

    @cached_property
    def _ends(self) -> tuple[float, int]:
        """O and Z."""
        step = self._at(self._adu_response) * self._unit_adu
        dark = self._at(self._dark_adu)
        half = 0.0 if self._whole else 0.5
        if self._whole:
            level = float(np.min(dark))
        else:
            level = math.floor(float(np.min((dark - half) / step)) + 0.5)
        top = math.floor(float(np.min((self._top_adu - half - dark) / step)) + level + half)
        return level, top

    def _corrected(self, frame: NDArray[Any]) -> Floats:
        if frame.dtype.kind == "f":
            used = frame[self.usable] if self.shape else frame
            if not np.array_equal(np.rint(used), used):  # NaN, too
                raise InputError(
                    "frames",
                    "",
                    f"hold values that are no integers, which {self!r} cannot produce; "
                    "allowed: raw frames, never rescaled",
                )
        low, high = frame.min(), frame.max()
        if low < 0 or high > self.typical.highest_adu:
            raise InputError(
                "frames",
                "",
                f"hold {low:g} to {high:g} ADU; {self!r} gives 0 to {self.typical.highest_adu:g}",
            )
        top = self._ends[1]
        scale, shift = self._line
        z = np.multiply(frame, scale, dtype=np.float64)
        z += shift
        if not self._whole:
            whole = frame.astype(np.uint32)
            u = np.random.default_rng(zlib.crc32(whole.tobytes())).random(
                frame.shape, dtype=np.float32
            )
            u -= np.float32(0.5)
            z += u * scale
        result: Floats = np.clip(np.rint(z), 0, top)
        return result

    @cached_property
    def _line(self) -> tuple[Floats, Floats]:
        """Scale and shift of each pixel, z = scale y + shift; what is not used responds as 1."""
        response = np.clip(self._adu_response, _LEAST_RESPONSE, _MOST_RESPONSE)
        scale = 1 / (response * self._unit_adu)
        return scale, self._ends[0] - self._dark_adu * scale

    def _at(self, values: Floats) -> Floats:
        """Values of usable pixels, (n,)."""
        return np.asarray(np.broadcast_to(values, self.shape)[self.usable], dtype=np.float64)

    def _mean(self, values: Floats) -> float:
        return float(np.mean(self._at(values)))


def _map(key: str, given: ArrayLike, *, above: bool = False) -> Floats:
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("noise", key, "is no number or map of numbers") from None
    if values.ndim not in (0, 2) or values.size == 0:
        raise InputError(
            "noise", key, f"has shape {values.shape}; allowed: a number or (height, width)"
        )
    if not np.isfinite(values).all() or (values < 0).any() or (above and (values == 0).any()):
        allowed = "numbers above 0" if above else "numbers from 0"
        raise InputError("noise", key, f"holds impossible values; allowed: {allowed}, all finite")
    return values


def _common_shape(maps: list[NDArray[Any]]) -> tuple[int, ...]:
    shapes = {each.shape for each in maps if each.ndim}
    if len(shapes) > 1:
        found = " and ".join(f"{h} x {w}" for h, w in sorted(shapes))
        raise InputError("noise", "", f"has maps of {found} pixels; allowed: one size")
    return shapes.pop() if shapes else ()
