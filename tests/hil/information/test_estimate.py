"""What `estimate_information` refuses, and what must not change its answer."""

from __future__ import annotations

import doctest
import importlib
import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hil.errors import InputError
from hil.information import estimate_information, estimator_names
from hil.information.densities.neural.network import NetworkShape
from hil.information.densities.neural.training import Schedule
from hil.information.estimators import PatchEstimator
from hil.information.estimators.pixelcnn import PixelCNN
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise
from hil.records.estimate import Estimate

CAMERA = CameraNoise(0.5, 100, 1.6, 12)


def with_pixel(value: float) -> np.ndarray:
    frames = np.random.default_rng(0).normal(100, 10, (4, 32, 32))
    frames[1, 2, 3] = value
    return frames


class Bad(NamedTuple):
    says: str
    frames: Any
    noise: Any
    where: str
    words: str
    options: Mapping[str, Any] = MappingProxyType({})


NORMAL = np.random.default_rng(1).normal(0, 10, (6, 32, 32))
COUNTS = np.random.default_rng(1).poisson(20, (6, 32, 32))

BAD = [
    Bad("one frame without axis", NORMAL[0], GaussianNoise(1), "frames", "shape (32, 32)"),
    Bad("six axes", NORMAL[None, None, None], GaussianNoise(1), "frames", "shape"),
    Bad("colour", np.zeros((5, 32, 32, 3)), GaussianNoise(1), "patch_size", "colour"),
    Bad("no frames", NORMAL[:0], GaussianNoise(1), "frames", "empty"),
    Bad("NaN", with_pixel(math.nan), GaussianNoise(1), "frames", "1 of 4096 pixels"),
    Bad("infinity", with_pixel(math.inf), GaussianNoise(1), "frames", "infinite"),
    Bad("complex", NORMAL + 0j, GaussianNoise(1), "frames", "complex"),
    Bad("text", [["a"]], GaussianNoise(1), "frames", "hold"),
    Bad("booleans", NORMAL > 0, GaussianNoise(1), "frames", "bool"),
    Bad("ragged", [[[1, 2]], [[1]]], GaussianNoise(1), "frames", "one array"),
    Bad(
        "mixed types",
        [np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint16)],
        GaussianNoise(1),
        "frames",
        "uint16 and uint8",
    ),
    Bad("masked", np.ma.masked_array(NORMAL), GaussianNoise(1), "frames", "mask="),
    Bad("too large to be squared", NORMAL * 1e10, GaussianNoise(1e10), "frames", "another unit"),
    Bad("too small to be squared", NORMAL * 1e-20, GaussianNoise(1e-19), "noise", "another unit"),
    Bad("noise that is none", NORMAL, GaussianNoise(1e-5), "noise", "is lost beside"),
    Bad("negative uncertainty", NORMAL, GaussianNoise(1), "noise_variance_relative_sd", "-0.1",
        {"noise_variance_relative_sd": -0.1}),
    Bad("fractions under Poisson", NORMAL**2, PoissonNoise(), "frames", "not integers"),
    Bad("fractions under a camera", COUNTS + 0.5, CAMERA, "frames", "not integers"),
    Bad("negative counts", COUNTS - 100, PoissonNoise(), "frames", "negative"),
    Bad("negative ADU", COUNTS - 100, CAMERA, "frames", "negative"),
    Bad("above the bit depth", COUNTS + 4090, CAMERA, "frames", "4095"),
    Bad("too few patches", NORMAL[:2, :16, :16], GaussianNoise(1), "frames", "needs 8"),
    Bad("one field too small", NORMAL[:1, :, :20], GaussianNoise(1), "frames", "too small"),
    Bad("no noise model", NORMAL, "gaussian", "noise", "hil.noise"),
    Bad("patch too large", NORMAL, GaussianNoise(1), "patch_size", "larger", {"patch_size": 33}),
    Bad("patch of one", NORMAL, GaussianNoise(1), "patch_size", "2 to 64", {"patch_size": 1}),
    Bad("patch of 4.5", NORMAL, GaussianNoise(1), "patch_size", "integer", {"patch_size": 4.5}),
    Bad("certain", NORMAL, GaussianNoise(1), "confidence", "0 and 1", {"confidence": 1.0}),
    Bad("a misspelt estimator", NORMAL, GaussianNoise(1), "estimator", "'stationary'",
        {"estimator": "stationery"}),
    Bad("saturation below 0", NORMAL, GaussianNoise(1), "saturation_adu", "-5",
        {"saturation_adu": -5}),
    Bad("a share above 1", NORMAL, GaussianNoise(1), "max_saturated_share", "2",
        {"max_saturated_share": 2}),
]  # fmt: skip


@pytest.mark.parametrize("estimator", ["stationary", "gaussian", "copula", "best"])
def test_noise_of_another_unit_is_flagged(estimator: str) -> None:
    """Of frames under a millionth of the noise, the copula sees one code."""
    found = estimate_information(NORMAL, GaussianNoise(1e6), estimator)
    assert {"noise_mismatch", "negative"} <= set(found.flags)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.says)
def test_bad_input_is_refused_in_words(bad: Bad) -> None:
    with pytest.raises(InputError) as caught:
        estimate_information(bad.frames, bad.noise, **bad.options)
    assert caught.value.where == bad.where
    assert bad.words in str(caught.value)
    assert "\n" not in str(caught.value)


def textured(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((6, 2, 69, 85))
    return np.rint(200 + 40 * (white[..., :64, :80] + white[..., 5:, 5:]) / 2)


# Fits without a local optimum. Those that start from random centres or weights (mixtures, networks)
# answer alike only as far as their fits agree; see their own tests.
EXACT = ("stationary", "gaussian", "copula", "pairwise")


class Change(NamedTuple):
    says: str
    frames: np.ndarray
    noise: NoiseModel


BASE = textured()


@pytest.mark.parametrize(
    "change",
    [
        Change("another gain", BASE * 3.7, GaussianNoise(5 * 3.7)),
        Change("another offset", BASE + 1000.25, GaussianNoise(5)),
        Change("another offset, large", BASE + 1e7 + 0.25, GaussianNoise(5)),
        Change("transposed", BASE.swapaxes(2, 3) + 0.25, GaussianNoise(5)),
        Change("mirrored", BASE[..., ::-1] + 0.25, GaussianNoise(5)),
        Change("single precision", (BASE + 0.25).astype(np.float32), GaussianNoise(5)),
        Change("repeats reversed", BASE[:, ::-1] + 0.25, GaussianNoise(5)),
    ],
    ids=lambda change: change.says,
)
@pytest.mark.parametrize("estimator", EXACT)
def test_answers_do_not_depend_on(change: Change, estimator: str) -> None:
    base = estimate_information(BASE + 0.25, GaussianNoise(5), estimator, patch_size=8)
    other = estimate_information(change.frames, change.noise, estimator, patch_size=8)
    assert other.bits_per_pixel == pytest.approx(base.bits_per_pixel, abs=2e-4)
    assert other.ci_high == pytest.approx(base.ci_high, abs=2e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64, np.float64])
def test_integers_are_integers_whatever_the_type(dtype: type) -> None:
    frames = np.clip(BASE, 0, 255)
    reference = estimate_information(frames.astype(np.float32), GaussianNoise(5), patch_size=8)
    found = estimate_information(frames.astype(dtype), GaussianNoise(5), patch_size=8)
    assert found.h_y_nats == pytest.approx(reference.h_y_nats, abs=1e-6)
    assert found.h_y_given_x_nats == reference.h_y_given_x_nats


def test_the_same_frames_give_the_same_numbers() -> None:
    first, second = (estimate_information(BASE, GaussianNoise(5), seed=3) for _ in range(2))
    assert first.details == second.details
    assert first.bits_per_pixel == second.bits_per_pixel


def test_frames_are_not_changed() -> None:
    frames = BASE.copy()
    estimate_information(frames, GaussianNoise(5))
    assert np.array_equal(frames, BASE)


SIZES = array_shapes(min_dims=3, max_dims=4, min_side=1, max_side=13)
SOUND_OR_REFUSED = st.one_of(
    arrays(np.uint16, SIZES),
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=4, min_side=1, max_side=13),
        elements=st.floats(-1e6, 1e6, width=32),
    ),
    arrays(np.float64, (4, 8, 9), elements=st.floats()),  # NaN, infinity, the smallest and largest
    arrays(np.int16, (4, 12, 12), elements=st.integers(-5, 5)),
    arrays(np.uint8, (4, 2, 12, 12), elements=st.sampled_from([0, 0, 0, 255])),  # both clips
    arrays(np.int64, (5, 9, 8)),
)
NOISES = st.sampled_from(
    [GaussianNoise(0.2), GaussianNoise(30), PoissonNoise(), CameraNoise(1, 9, 2)]
)


def check_no_silent_number(
    frames: np.ndarray, noise: NoiseModel, estimator: str | PatchEstimator
) -> None:
    try:
        found = estimate_information(frames, noise, estimator, patch_size=4)
    except InputError as error:
        assert error.problem
        return
    assert isinstance(found, Estimate)
    assert math.isfinite(found.bits_per_pixel)
    assert found.details["interval"] == "none" or found.ci_low <= found.ci_high
    if found.bits_per_pixel < 0:
        assert "negative" in found.flags


@settings(max_examples=100, deadline=None)
@given(
    SOUND_OR_REFUSED,
    NOISES,
    st.sampled_from([name for name in estimator_names() if "pixelcnn" not in name]),
)
def test_never_a_silent_number(frames: np.ndarray, noise: NoiseModel, estimator: str) -> None:
    check_no_silent_number(frames, noise, estimator)


@pytest.mark.parametrize(("level", "second"), [(10280, 0), (10280, 1), (20562, 0), (65535, 1)])
def test_single_pixels_that_are_no_light_at_all(level: int, second: int) -> None:
    """100,000 widths of the noise from all others: templates of smooth light ran over."""
    frames = np.full((2, 1, 8, 9), level, dtype=np.uint16)
    frames[0, 0, 3, 4] = level if second else 0
    frames[1, 0, 5, 3] = 0
    for estimator in ("best", "predictive"):
        check_no_silent_number(frames, GaussianNoise(0.2), estimator)


@settings(max_examples=12, deadline=None)
@given(
    st.one_of(
        arrays(np.uint16, (8, 1, 12, 12)),
        arrays(np.uint8, (8, 2, 8, 8), elements=st.sampled_from([0, 255])),
        arrays(np.float32, (7, 12, 12), elements=st.floats(-1e6, 1e6, width=32)),
    ),
    NOISES,
)
def test_never_a_silent_number_from_a_network(frames: np.ndarray, noise: NoiseModel) -> None:
    shape = NetworkShape(4, features=2, layers=1, units=4, components=2, reach=1)
    schedule = Schedule(steps=3, batch_pixels=256, check_every=2, patience=1)
    check_no_silent_number(frames, noise, PixelCNN(shape, schedule, device="cpu"))


class Doubtful(NamedTuple):
    says: str
    frames: np.ndarray
    noise: NoiseModel
    flag: str


DARK = np.random.default_rng(2).poisson(20, (6, 2, 32, 32))
DOUBTFUL = [
    Doubtful("constant", np.full((6, 32, 32), 300), CAMERA, "noise_mismatch"),
    Doubtful("wholly saturated", np.full((6, 32, 32), 4095), CAMERA, "saturated"),
    Doubtful("one field saturated", np.concatenate([DARK[:5] + 200, np.full((1, 2, 32, 32), 4095)]),
             CAMERA, "saturated"),
    Doubtful("below the offset", DARK + 60, CAMERA, "noise_mismatch"),
    Doubtful("quieter than the noise", np.rint(DARK / 20) + 300, CAMERA, "noise_mismatch"),
    Doubtful("repeats that are copies", np.repeat(DARK[:, :1], 2, axis=1), PoissonNoise(),
             "noise_mismatch"),
    Doubtful("too few fields", DARK[:2], PoissonNoise(), "too_few_units"),
    Doubtful("one field", DARK[:1], PoissonNoise(), "one_scene"),
]  # fmt: skip


@pytest.mark.parametrize("case", DOUBTFUL, ids=lambda case: case.says)
@pytest.mark.parametrize(
    "estimator", [name for name in estimator_names() if "pixelcnn" not in name]
)
def test_what_is_doubtful_is_flagged_whatever_the_estimator(case: Doubtful, estimator: str) -> None:
    found = estimate_information(case.frames, case.noise, estimator, patch_size=4)
    assert case.flag in found.flags


def test_large_images_are_estimated_from_fewer_pixels_and_checked_in_all() -> None:
    rng = np.random.default_rng(3)
    frames = CAMERA.sample(np.full((3, 2, 96, 128), 30.0), rng)
    whole = estimate_information(frames, CAMERA, "stationary", patch_size=8)
    assert whole.n_patches == 3 * 2 * 12 * 16
    enough = estimate_information(frames, CAMERA, "stationary", patch_size=8, max_pixels=96 * 128)
    assert replace(enough, seconds=0) == replace(whole, seconds=0)
    fewer = estimate_information(frames, CAMERA, "stationary", patch_size=8, max_pixels=6400)
    told = estimate_information(frames, CAMERA, "stationary", patch_size=8, n_patches=3 * 2 * 100)
    assert fewer.n_patches == 3 * 2 * 100
    assert replace(fewer, seconds=0) == replace(told, seconds=0)
    assert fewer.ci_low <= whole.bits_per_pixel <= fewer.ci_high
    both = estimate_information(
        frames, CAMERA, "stationary", patch_size=8, max_pixels=6400, n_patches=60
    )
    assert both.n_patches == 60
    frames[:, :, :8] = 4095  # whatever is drawn, a twelfth of the pixels is clipped
    clipped = estimate_information(frames, CAMERA, "stationary", patch_size=8, max_pixels=512)
    assert clipped.details["saturated_share"] == pytest.approx(1 / 12)
    for few in (63, True, 100.5):
        with pytest.raises(InputError, match=r"max_pixels: .*allowed: from 64"):
            estimate_information(frames, CAMERA, "stationary", patch_size=8, max_pixels=few)  # type: ignore[arg-type]


def test_the_docstring_example_runs() -> None:
    failed, tried = doctest.testmod(importlib.import_module("hil.information.estimate"))
    assert (failed, tried > 0) == (0, True)
