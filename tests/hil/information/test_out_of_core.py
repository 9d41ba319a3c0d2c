"""Frames on disk: the same numbers, one field in memory at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

from hil.errors import InputError
from hil.information import (
    estimate_information,
    estimate_stored,
    open_frames,
)
from hil.noise import CameraMapNoise, GaussianMapNoise, GaussianNoise

RNG = np.random.default_rng(0)
WHITE = RNG.standard_normal((6, 1, 100, 84))
SCENE = 20 * (WHITE[..., :96, :80] + WHITE[..., 4:, 4:])
FRAMES = np.rint(500 + SCENE + RNG.normal(0, 10, (6, 2, 96, 80))).astype(np.uint16)
NOISE = GaussianNoise(10)


class Counted:
    """Frames that note how much of them was read at once."""

    def __init__(self, array: Any) -> None:
        self._array, self.largest = array, 0
        self.shape, self.dtype = tuple(array.shape), array.dtype

    def __getitem__(self, field: int) -> np.ndarray:
        part = np.asarray(self._array[field])
        self.largest = max(self.largest, part.size)
        return part


def npz(path: Path, array: np.ndarray) -> None:
    np.savez(path, array)


def tiff_of_pages(path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(path, array, compression="zlib")


WRITERS: dict[str, Callable[[Path, np.ndarray], object]] = {
    "a.npy": np.save,
    "a.npz": npz,
    "a.tif": tifffile.imwrite,
    "pages.tif": tiff_of_pages,
    "a.zarr": zarr.save_array,
}


@pytest.mark.parametrize("name", WRITERS)
def test_stored_frames_give_the_same_and_are_never_loaded_whole(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name, FRAMES)
    frames = Counted(open_frames(tmp_path / name))
    found = estimate_stored(frames, NOISE, "stationary", 8, memory_bytes=0)
    whole = estimate_information(FRAMES, NOISE, "stationary", 8)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=1e-6)
    assert found.ci_low == pytest.approx(whole.ci_low, abs=1e-6)
    assert found.details["fields_streamed"] == 6
    assert frames.largest == FRAMES[0].size


def test_frames_that_fit_are_read_whole() -> None:
    chosen: dict[str, Any] = {"stride": 4, "n_patches": 600, "mask": np.arange(80) > 20}
    chosen["mask"] = np.broadcast_to(chosen["mask"], (96, 80))
    found = estimate_stored(FRAMES, NOISE, "gaussian", 4, seed=1, **chosen)
    whole = estimate_information(FRAMES, NOISE, "gaussian", 4, seed=1, **chosen)
    assert found.bits_per_pixel == whole.bits_per_pixel
    assert "places_used" not in found.details


def test_very_many_fields_are_kept_in_few_units(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = np.random.default_rng(1).normal(0, math.sqrt(2), (60, 1, 32, 32))
    monkeypatch.setattr("hil.information.out_of_core._KEPT_BYTES", 20 * (8 * 8**4 + 2**20))
    found = estimate_stored(fields, GaussianNoise(1), patch_size=8, memory_bytes=0)
    whole = estimate_information(fields, GaussianNoise(1), patch_size=8)
    assert (found.n_units, found.details["fields_streamed"]) == (20, 60)
    # the folds are the same, so that only the interval knows of the units
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=1e-6)
    half_width = (whole.ci_high - whole.ci_low) / 2
    assert (found.ci_high - found.ci_low) / 2 == pytest.approx(half_width, rel=0.5)


def test_noise_of_each_pixel_is_streamed_too() -> None:
    sigma = np.linspace(8, 12, 96 * 80).reshape(96, 80)
    found = estimate_stored(FRAMES, GaussianMapNoise(sigma), patch_size=8, memory_bytes=0)
    whole = estimate_information(FRAMES, GaussianMapNoise(sigma), patch_size=8)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=1e-6)
    drawn = estimate_stored(FRAMES, GaussianMapNoise(sigma), "gaussian", 4, memory_bytes=0)
    every = estimate_information(FRAMES, GaussianMapNoise(sigma), "gaussian", 4)
    assert drawn.bits_per_pixel == pytest.approx(every.bits_per_pixel, abs=0.01)


@pytest.mark.parametrize("dead", [0, 1, 20])
def test_maps_of_a_camera_are_streamed_and_its_dead_pixels_left_out(dead: int) -> None:
    usable = np.ones((96, 80), bool)
    usable[40 : 40 + dead, 30:35] = False  # a few are filled, many are kept off
    rng = np.random.default_rng(3)
    noise = CameraMapNoise(0.5, rng.normal(100, 2, (96, 80)), 1.6, usable=usable)
    frames = np.where(usable, FRAMES, 65_000).astype(np.uint16)
    options: dict[str, Any] = {"patch_size": 8, "saturation_adu": 60_000.0}
    whole = estimate_stored(frames, noise, "stationary", **options)
    stored = estimate_stored(frames, noise, "stationary", memory_bytes=0, **options)
    assert stored.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=0.02)
    assert stored.details["saturated_share"] == whole.details["saturated_share"] == 0
    assert ("places_used" in stored.details) == (dead > 15)


def test_the_uncertainty_of_the_calibration_widens_either_interval() -> None:
    options: dict[str, Any] = {"patch_size": 8, "noise_variance_relative_sd": 0.02}
    streamed = estimate_stored(FRAMES, NOISE, "stationary", memory_bytes=0, **options)
    whole = estimate_stored(FRAMES, NOISE, "stationary", **options)
    assert streamed.ci_low == pytest.approx(whole.ci_low, abs=1e-6)
    assert streamed.details["calibration_sd_bits"] == whole.details["calibration_sd_bits"] > 0


def test_other_estimators_get_a_share_of_every_field() -> None:
    frames = Counted(FRAMES)
    found = estimate_stored(frames, NOISE, "gaussian", 4, max_patches=6 * 300, memory_bytes=0)
    assert frames.largest == FRAMES[0].size
    assert (found.details["places_used"], found.details["places_there"]) == (1800, 6 * 24 * 20)
    assert found.n_patches == 2 * 6 * 300
    assert found.n_units == 6
    whole = estimate_information(FRAMES, NOISE, "gaussian", 4)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=0.03)


@pytest.mark.parametrize("estimator", ["stationary", "copula"])
def test_drawn_patches_keep_off_the_mask(estimator: str) -> None:
    mask = np.ones((96, 80), bool)
    mask[30:50, 10:40] = False
    frames = np.where(mask, FRAMES, 60_000).astype(np.uint16)
    found = estimate_stored(frames, NOISE, estimator, 8, mask=mask, memory_bytes=0)
    whole = estimate_information(frames, NOISE, estimator, 8, mask=mask)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=0.03)
    assert found.details["places_used"] == found.details["places_there"] < 6 * 120


def test_patches_that_are_asked_for_count_every_repeat() -> None:
    options: dict[str, Any] = {"patch_size": 4, "n_patches": 600}
    drawn = estimate_stored(FRAMES, NOISE, "gaussian", memory_bytes=0, **options)
    whole = estimate_stored(FRAMES, NOISE, "gaussian", **options)
    assert drawn.n_patches == whole.n_patches == 600
    with pytest.raises(InputError, match="from 2"):
        estimate_stored(FRAMES, NOISE, "gaussian", 4, n_patches=1, memory_bytes=0)


def test_channels_are_drawn_together() -> None:
    channels = np.stack([FRAMES, FRAMES[::-1]], axis=2)
    found = estimate_stored(channels, NOISE, "gaussian", 4, memory_bytes=0, max_patches=1200)
    whole = estimate_information(channels, NOISE, "gaussian", 4)
    assert found.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=0.04)
    streamed = estimate_stored(channels, NOISE, patch_size=4, memory_bytes=0)
    assert streamed.details["places_used"] == streamed.details["places_there"]


def test_of_more_fields_than_patches_some_are_drawn() -> None:
    small = FRAMES[:, :, :40, :48].reshape(6, 2, 5, 8, 6, 8).transpose(0, 2, 4, 1, 3, 5)
    small = small.reshape(180, 2, 8, 8)
    found = estimate_stored(small, NOISE, "gaussian", 8, max_patches=50, memory_bytes=0)
    assert found.n_units == 50
    again = estimate_stored(small, NOISE, "gaussian", 8, max_patches=50, memory_bytes=0)
    assert again.bits_per_pixel == found.bits_per_pixel


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        estimate_stored(FRAMES[0, 0], NOISE)
    with pytest.raises(InputError, match="larger than the frame"):
        estimate_stored(FRAMES[..., :40], NOISE, "gaussian", 60, memory_bytes=0)


def test_default_is_by_what_the_pixels_are() -> None:
    whole = np.rint(FRAMES)
    for memory_bytes in (0, 2**30):
        integers = estimate_stored(whole, NOISE, patch_size=8, memory_bytes=memory_bytes)
        reals = estimate_stored(whole + 0.25, NOISE, patch_size=8, memory_bytes=memory_bytes)
        assert (integers.estimator, reals.estimator) == ("predictive", "stationary")
