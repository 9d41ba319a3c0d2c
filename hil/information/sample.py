"""Frames cut into what estimators work on: fields, folds and patches.

F : fields of view      R : repeats      H, W : frame      p : patch size, d = p * p
T : patches of a frame, tiled without overlap, centred in the frame
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.noise_model import NoiseModel

_FOLDS = 5


@dataclass(frozen=True)
class Sample:
    """Frames of one measurement, ready for an estimator.

    Parameters
    ----------
    frames
        (F, R, H, W) numbers, ADU. With ``one_scene`` the two fields are regions of one field.
    patch_size
        p, pixels.
    mean_adu
        About the mean of all pixels: sums are taken about it, for accuracy alone.
    noise_variance_adu2
        Mean of Var(Y | X): what no model of Y may go below.
    discrete
        Whether ADU are integers.
    one_scene
        Whether the fields are regions of a single field of view.
    seed
        For estimators that draw random numbers.
    noise
        The noise model, for estimators that use its law; None where only its variance is known.
    """

    frames: NDArray[Any]
    patch_size: int
    mean_adu: float
    noise_variance_adu2: float
    discrete: bool
    one_scene: bool = False
    seed: int = 0
    noise: NoiseModel | None = None

    @property
    def n_fields(self) -> int:
        """F."""
        return int(self.frames.shape[0])

    @property
    def n_repeats(self) -> int:
        """R."""
        return int(self.frames.shape[1])

    @property
    def tiles(self) -> tuple[int, int]:
        """Patches down and across a frame; their product is T."""
        height, width = self.frames.shape[2:]
        return height // self.patch_size, width // self.patch_size

    @cached_property
    def fold(self) -> NDArray[np.intp]:
        """(F,) fold of each field: its index modulo the number of folds, in every measurement."""
        return np.arange(self.n_fields) % min(self.n_fields, _FOLDS)

    @property
    def n_folds(self) -> int:
        """Number of folds, 2 to 5."""
        return int(self.fold.max()) + 1

    @cached_property
    def raw_patches(self) -> NDArray[Any]:
        """(F, R * T, d) patches as they were measured, repeat by repeat, row by row."""
        p = self.patch_size
        down, across = self.tiles
        height, width = self.frames.shape[2:]
        top, left = (height - down * p) // 2, (width - across * p) // 2
        cut = self.frames[:, :, top : top + down * p, left : left + across * p]
        split = cut.reshape(self.n_fields, self.n_repeats, down, p, across, p)
        return split.transpose(0, 1, 2, 4, 3, 5).reshape(self.n_fields, -1, p * p)

    @cached_property
    def patches(self) -> NDArray[np.float32]:
        """(F, R * T, d) patches less `mean_adu`."""
        return self._centred(self.raw_patches)

    def centred_frames(self, field: int) -> NDArray[np.float32]:
        """(R, H, W) whole frames of one field less `mean_adu`."""
        return self._centred(self.frames[field])

    def _centred(self, values: NDArray[Any]) -> NDArray[np.float32]:
        # in double precision first where single could not hold the numbers
        wide = np.float64 if values.dtype.itemsize > 2 else np.float32
        about = np.subtract(values, wide(self.mean_adu), dtype=wide)
        return np.asarray(about, dtype=np.float32)


def regions_of_one_field(frames: NDArray[Any], patch_size: int) -> NDArray[Any]:
    """Split the only field along its longer side, with a guard band of one patch between.

    Parameters
    ----------
    frames
        (1, R, H, W).

    Returns
    -------
    array (2, R, h, w), the two regions.

    Raises
    ------
    InputError
        Where the frame is too small for two regions of a patch and the guard.
    """
    height, width = frames.shape[2:]
    axis = 2 if height >= width else 3
    length = frames.shape[axis]
    half = (length - patch_size) // 2
    if half < patch_size:
        raise InputError(
            "frames",
            "",
            f"one field of view of {height} x {width} pixels is too small for patches of "
            f"{patch_size}; allowed: two fields or more, or {3 * patch_size} pixels along one side",
        )
    first = np.take(frames, range(half), axis=axis)
    second = np.take(frames, range(length - half, length), axis=axis)
    return np.concatenate([first, second])
