"""Estimates from frames that are too many to be loaded: memory maps, Zarr arrays.

Fields are read one at a time. `stationary` takes them all, by its sums; other estimators get a
random share of every field, as many patches as they are told to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.checks import check_patch_size
from hil.information.estimate import estimate_information
from hil.information.noise_model import NoiseModel
from hil.information.online import OnlineEstimator
from hil.information.patches import cut_patches, patch_corners
from hil.ports import Estimate


class StoredFrames(Protocol):
    """An array that is read by slices: numpy.memmap, zarr.Array, h5py.Dataset."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width) or (n_fields, n_repeats, height, width)."""
        ...

    def __getitem__(self, index: Any) -> Any:
        """Read a slice."""
        ...


def estimate_stored(
    frames: StoredFrames,
    noise: NoiseModel,
    estimator: str = "stationary",
    patch_size: int = 16,
    confidence: float = 0.95,
    seed: int = 0,
    *,
    max_patches: int = 20_000,
    saturation_adu: float | None = None,
    max_saturated_share: float = 1e-3,
) -> Estimate:
    """Estimate as `estimate_information` does, with one field in memory at a time.

    Parameters
    ----------
    max_patches
        How many patches, of all fields together, estimators other than ``stationary`` get. Those
        of a field, drawn without overlap, are stacked to one narrow frame, so that folds and
        intervals keep them together.

    Raises
    ------
    InputError
        As `estimate_information`.
    """
    if len(frames.shape) not in (3, 4) or 0 in frames.shape:
        raise InputError(
            "frames",
            "",
            f"have shape {tuple(frames.shape)}; allowed: (n, height, width) or "
            "(n_fields, n_repeats, height, width)",
        )
    if estimator == "stationary":
        online = OnlineEstimator(
            noise,
            patch_size,
            confidence,
            saturation_adu=saturation_adu,
            max_saturated_share=max_saturated_share,
        )
        for number, field in enumerate(_fields(frames)):
            online.update(field, number)
        return online.estimate()
    per_field = max(1, max_patches // frames.shape[0])
    rng = np.random.default_rng(seed)
    columns = [_column(field, patch_size, per_field, rng) for field in _fields(frames)]
    return estimate_information(
        np.stack(columns),
        noise,
        estimator,
        patch_size,
        confidence,
        seed,
        saturation_adu=saturation_adu,
        max_saturated_share=max_saturated_share,
    )


def _fields(frames: StoredFrames) -> Iterator[NDArray[Any]]:
    for number in range(frames.shape[0]):
        field = np.asarray(frames[number])
        yield field if field.ndim == 3 else field[None]


def _column(field: NDArray[Any], p: int, n: int, rng: np.random.Generator) -> NDArray[Any]:
    """(R, k p, p) patches of a field (R, H, W), the same in all repeats."""
    check_patch_size(field[None], p)
    corners = patch_corners(field.shape[1], field.shape[2], p, n=n, rng=rng)
    column: NDArray[Any] = cut_patches(field[None], p, corners)[0]
    return column
