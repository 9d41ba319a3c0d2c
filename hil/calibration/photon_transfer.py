"""Photon transfer: gain, read noise and the rest of a camera from repeated frames."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from hil.calibration.camera_calibration import CameraCalibration


class PhotonTransfer:
    """Collects stacks of repeated frames as they come, and fits a camera to them.

    Any static scene does: what counts is the temporal variance of each pixel. Dark stacks say what
    offset and read noise are; lit ones, at several light levels or exposures, the gain. A flat
    field is needed only for the response map. Order does not matter. A stack is reduced to three
    float32 maps as it is added.

    Parameters
    ----------
    bit_depth
        Of the frames, 1 to 16: a value of 2^bit_depth - 1 is clipped.
    em_gain
        Of an electron multiplier, as the camera reports it; 1 where there is none.
    """

    def __init__(self, bit_depth: int, em_gain: float = 1.0) -> None:
        raise NotImplementedError

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
        raise NotImplementedError

    def fit(self) -> CameraCalibration:
        """Fit a camera to all stacks; more can be added afterwards.

        Returns
        -------
        CameraCalibration
            Look at ``problems`` first: numbers are given all the same, so that they can be plotted.

        Raises
        ------
        InputError
            Without a dark stack, or without lit ones that differ in brightness.
        """
        raise NotImplementedError
