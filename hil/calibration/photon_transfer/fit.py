"""Photon transfer: gain, read noise and the rest of a camera from repeated frames.

EMVA 1288 release 4 linear, on any static scene: each stack gives many points at once, since its
pixels are sorted by brightness. See `variance_line` for the gain, `dark_noise` for the read noise,
`linearity`, `saturation`, and `stability` for what makes a calibration wrong.
"""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.calibration.photon_transfer.camera_calibration import CameraCalibration
from hil.calibration.photon_transfer.camera_fit import fit_camera
from hil.calibration.photon_transfer.in_steps import in_steps
from hil.calibration.photon_transfer.stack import Stack, reduce_stack
from hil.errors import InputError
from hil.noise.code_step import find_step


class PhotonTransfer:
    """Collects stacks of repeated frames as they come, and fits a camera to them.

    Any static scene does: what counts is the temporal variance of each pixel. Dark stacks say what
    offset and read noise are; lit ones, at several light levels or exposures, the gain. A flat
    field is needed only for the response map. Order does not matter. A stack is reduced to two
    float32 maps as it is added; a hundred frames for a map are better added as stacks of eight at
    the same setting, which are put together again.

    Parameters
    ----------
    bit_depth
        Of the frames, 1 to 16: a value of 2^bit_depth - 1 is clipped. None where it is not known:
        then it is measured, from where values pile up.
    em_gain
        Of an electron multiplier, as the camera reports it; 1 where there is none.

    Raises
    ------
    InputError
        For impossible values.
    """

    def __init__(self, bit_depth: int | None = None, em_gain: float = 1.0) -> None:
        if bit_depth is not None and (
            isinstance(bit_depth, bool) or bit_depth != int(bit_depth) or not 1 <= bit_depth <= 16
        ):
            raise InputError(
                "calibration", "bit_depth", f"{bit_depth!r}; allowed: an integer 1 to 16"
            )
        self._bit_depth = None if bit_depth is None else int(bit_depth)
        self._top_adu = 2 ** (self._bit_depth or 16) - 1
        self._em_gain = _at_least("em_gain", em_gain, 1.0)
        self._stacks: list[Stack] = []

    def add(
        self,
        frames: NDArray[Any],
        exposure_ms: float,
        light: float,
        dark: bool = False,
        flat: bool = False,
    ) -> None:
        """Take in one stack.

        Parameters
        ----------
        frames
            (n_repeats >= 2, height, width) integer ADU at one setting, nothing moved in between.
        exposure_ms
            At least 0.
        light
            Level of the light in any unit that it is proportional to, at least 0.
        dark
            Taken without light. At least one stack is, at the shortest exposure; dark current
            needs two exposures.
        flat
            Whether the field was evenly lit and without sample, fit for a response map.

        Raises
        ------
        InputError
            For frames of another shape than before, of floats, of one repeat; impossible numbers.
        """
        exposure_ms = _at_least("exposure_ms", exposure_ms, 0.0)
        light = _at_least("light", light, 0.0)
        if dark and flat:
            raise InputError("calibration", "flat", "a stack is dark or a flat field, not both")
        self._check(frames)
        number = len(self._stacks)
        self._stacks.append(
            reduce_stack(number, frames, exposure_ms, light, dark, flat, self._top_adu)
        )

    def fit(self) -> CameraCalibration:
        """Fit a camera to all stacks; more can be added afterwards.

        Returns
        -------
        CameraCalibration
            Look at ``problems`` first: numbers are given all the same, so that they can be plotted.

        Raises
        ------
        InputError
            Without a dark stack, or without a lit one.
        """
        darks = [stack for stack in self._stacks if stack.dark]
        lit = [stack for stack in self._stacks if not stack.dark]
        for kind, stacks in (("dark", darks), ("lit", lit)):
            if not stacks:
                raise InputError("calibration", kind, f"no {kind} stack was added; allowed: 1 up")
        step = find_step(np.sum([stack.codes for stack in self._stacks], axis=0))
        return fit_camera(
            [in_steps(stack, step) for stack in darks],
            [in_steps(stack, step) for stack in lit],
            self._bit_depth,
            self._em_gain,
            step,
            self._top_adu,
        )

    def _check(self, frames: NDArray[Any]) -> None:
        if not isinstance(frames, np.ndarray) or frames.dtype.kind not in "ui":
            kind = getattr(frames, "dtype", type(frames).__name__)
            raise InputError("frames", "", f"hold {kind} values; allowed: an array of integers")
        if frames.ndim != 3 or len(frames) < 2 or min(frames.shape[1:]) < 3:
            raise InputError(
                "frames",
                "",
                f"have shape {frames.shape}; allowed: (2 repeats up, height, width), 3 x 3 px up",
            )
        before = self._stacks[0].mean_adu.shape if self._stacks else frames.shape[1:]
        if frames.shape[1:] != before:
            raise InputError(
                "frames", "", f"have {frames.shape[1:]} pixels; allowed: {before}, as before"
            )
        low, high, bits = int(frames.min()), int(frames.max()), self._top_adu.bit_length()
        if low < 0 or high > self._top_adu:
            raise InputError(
                "frames",
                "",
                f"hold {low} to {high} ADU; allowed: 0 to {self._top_adu}, {bits} bits",
            )


def _at_least(key: str, value: object, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InputError("calibration", key, f"{value!r} is not a number")
    number = float(value)
    if not math.isfinite(number) or number < least:
        raise InputError(
            "calibration", key, f"{number:g} is impossible; allowed: numbers from {least:g}"
        )
    return number
