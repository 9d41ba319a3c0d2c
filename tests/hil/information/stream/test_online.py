"""Frames as they come: equal to the batch, mergeable, forgetful, and honest about little data."""

from __future__ import annotations

import doctest
import importlib
import math
import pickle
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import gaussian_filter

from hil.errors import InputError
from hil.information import OnlineEstimator, estimate_information
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

CAMERA = CameraNoise(0.5, 100, 1.6)


def smooth_scenes(shape: tuple[int, ...], mean_e: float, seed: int = 0) -> np.ndarray:
    """Frames (F, R, H, W) of smooth log-normal scenes under `CAMERA`."""
    rng = np.random.default_rng(seed)
    scene = rng.standard_normal((shape[0], 1, *shape[2:]))
    scene = gaussian_filter(scene, (0, 0, 2, 2))
    electrons = rng.poisson(mean_e * np.exp(0.3 * scene / scene.std()), shape)
    adu = electrons / 0.5 + 100 + rng.normal(0, 3.2, shape)
    return np.clip(np.rint(adu), 0, 65535).astype(np.uint16)


class Stream(NamedTuple):
    says: str
    frames: np.ndarray
    noise: NoiseModel
    patch_size: int = 16


STREAMS = [
    Stream("dim", smooth_scenes((6, 1, 150, 131), 30), CAMERA),
    Stream("bright, smooth: nearly singular", smooth_scenes((6, 1, 150, 131), 20_000), CAMERA),
    Stream("so many patches that lags go by them", smooth_scenes((4, 1, 259, 258), 300), CAMERA, 4),
    Stream("repeats", smooth_scenes((4, 3, 70, 64), 300), CAMERA, 8),
    Stream("frames as small as the patch", smooth_scenes((40, 1, 8, 8), 100), CAMERA, 8),
    Stream("two fields", smooth_scenes((2, 1, 90, 64), 100), CAMERA, 8),
    Stream(
        "real numbers far from 0",
        np.random.default_rng(1).normal(1e5, 20, (6, 2, 64, 64)),
        GaussianNoise(10),
        8,
    ),
]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.says)
def test_online_equals_batch(stream: Stream) -> None:
    batch = estimate_information(stream.frames, stream.noise, "stationary", stream.patch_size)
    online = OnlineEstimator(stream.noise, stream.patch_size)
    for repeat in range(stream.frames.shape[1]):
        for field, frames in enumerate(stream.frames):
            online.update(frames[repeat], field)
    found = online.estimate()
    assert found.bits_per_pixel == pytest.approx(batch.bits_per_pixel, abs=1e-6)
    assert found.h_y_given_x_nats == pytest.approx(batch.h_y_given_x_nats, abs=1e-9)
    for key in ("held_out_bits", "in_sample_bits", "per_field_bits"):
        assert found.details[key] == pytest.approx(batch.details[key], abs=2e-6)
    if len(stream.frames) >= 4:
        assert (found.ci_low, found.ci_high) == pytest.approx(
            (batch.ci_low, batch.ci_high), abs=2e-6
        )
    assert found.n_patches == batch.n_patches
    assert found.n_units == batch.n_units


def disc(height: int, width: int, dead: int = 0) -> np.ndarray:
    """A round region of interest, with dead pixels."""
    y, x = np.mgrid[:height, :width]
    usable = np.hypot((y - height / 2) / height, (x - width / 2) / width) < 0.45
    at = np.random.default_rng(0).integers(0, [[height], [width]], (2, dead))
    usable[tuple(at)] = False
    return usable


class Masked(NamedTuple):
    says: str
    frames: np.ndarray
    mask: np.ndarray
    patch_size: int


MASKED = [
    Masked("disc with dead pixels", smooth_scenes((5, 2, 96, 91), 300), disc(96, 91, 20), 8),
    Masked(
        "rectangle",
        smooth_scenes((4, 1, 96, 91), 300),
        np.pad(np.ones((70, 70), bool), ((9, 17), (20, 1))),
        8,
    ),
    Masked("thousands of patches", smooth_scenes((4, 1, 300, 300), 300), disc(300, 300, 9), 3),
]


@pytest.mark.parametrize("masked", MASKED, ids=lambda masked: masked.says)
def test_masked_online_equals_masked_batch(masked: Masked) -> None:
    frames, mask, p = masked.frames.copy(), masked.mask, masked.patch_size
    frames[..., ~mask] = 65535  # counts nowhere
    batch = estimate_information(frames, CAMERA, "stationary", p, mask=mask)
    online = OnlineEstimator(CAMERA, p, mask=mask)
    for field, repeats in enumerate(frames):
        online.update(repeats, field)
    found = online.estimate()
    assert found.bits_per_pixel == pytest.approx(batch.bits_per_pixel, abs=1e-6)
    assert found.h_y_given_x_nats == pytest.approx(batch.h_y_given_x_nats, abs=1e-9)
    assert found.details["saturated_share"] == 0
    assert found.n_patches == batch.n_patches
    assert found.flags == batch.flags


def test_masks_must_fit_and_agree() -> None:
    frame = smooth_scenes((1, 1, 64, 64), 300)[0, 0]
    whole, part = OnlineEstimator(CAMERA, 8), OnlineEstimator(CAMERA, 8, mask=disc(64, 64))
    with pytest.raises(InputError, match="usable pixels"):
        whole.merge(part)
    with pytest.raises(InputError, match="64 x 60"):
        part.update(frame[:, :60], 0)
    with pytest.raises(InputError, match="smaller patch_size, 6"):
        OnlineEstimator(CAMERA, 16, mask=np.indices((64, 64)).sum(axis=0) % 16 > 2).update(frame, 0)
    with pytest.raises(InputError, match="with a mask: 1"):
        OnlineEstimator(CAMERA, 8, mask=disc(64, 64), thinning=4)


def test_repeats_in_one_call_test_the_noise() -> None:
    frames = smooth_scenes((4, 3, 70, 64), 300)
    online = OnlineEstimator(CameraNoise(0.5, 100, 1.6 * 4), 8)
    for field, repeats in enumerate(frames):
        online.update(repeats, field)
    batch = estimate_information(frames, CameraNoise(0.5, 100, 1.6 * 4), "stationary", 8)
    found = online.estimate()
    assert "noise_mismatch" in found.flags
    for key in ("noise_variance_ratio", "noise_correlation"):
        assert found.details[key] == pytest.approx(batch.details[key], abs=1e-4)


def test_merged_is_as_if_one_had_seen_all() -> None:
    frames = smooth_scenes((6, 2, 70, 64), 300)
    # the second starts on brighter frames: its sums are about another value
    one, first, second = (OnlineEstimator(CAMERA, 8) for _ in range(3))
    bright = frames.copy()
    bright[3:] += 400
    for field, repeats in enumerate(bright):
        one.update(repeats, field)
        (first if field < 3 else second).update(repeats, field)
    first.update(bright[4], 4)
    one.update(bright[4], 4)
    first.merge(pickle.loads(pickle.dumps(second)))
    merged, whole = first.estimate(), one.estimate()
    assert merged.bits_per_pixel == pytest.approx(whole.bits_per_pixel, abs=1e-6)
    assert merged.details["per_field_bits"] == pytest.approx(
        whole.details["per_field_bits"], abs=1e-6
    )
    assert merged.details["fields"] == [0, 1, 2, 3, 4, 5]
    assert merged.details["fixed_pattern_bits"] == pytest.approx(
        whole.details["fixed_pattern_bits"], abs=1e-5
    )


def test_merging_into_an_empty_one_copies() -> None:
    frames = smooth_scenes((4, 1, 64, 64), 300)
    seen, empty = OnlineEstimator(CAMERA, 8), OnlineEstimator(CAMERA, 8)
    for field, repeats in enumerate(frames):
        seen.update(repeats, field)
    empty.merge(seen)
    seen.merge(OnlineEstimator(CAMERA, 8))
    assert empty.estimate().bits_per_pixel == seen.estimate().bits_per_pixel


def test_old_light_is_forgotten() -> None:
    dim, bright = smooth_scenes((5, 1, 64, 64), 30), smooth_scenes((5, 1, 64, 64), 3000)
    forgetful = OnlineEstimator(CAMERA, 8, half_life_frames=0.5)
    fresh = OnlineEstimator(CAMERA, 8, half_life_frames=1e9)
    for field, frames in enumerate(dim):
        forgetful.update(frames, field)
    for _ in range(4):
        for field, frames in enumerate(bright):
            forgetful.update(frames, field)
            fresh.update(frames, field)
    per_field = fresh.estimate().details["per_field_bits"]
    # the field that was seen last outweighs all others
    assert forgetful.estimate().details["per_field_bits"][-1] == pytest.approx(
        per_field[-1], abs=0.05
    )
    assert forgetful.estimate().n_units == 5


def test_fading_weighs_by_the_half_life() -> None:
    frames = np.random.default_rng(0).normal(0, 1, (6, 2, 32, 32))
    frames[:, 1] *= 2.0
    online = OnlineEstimator(GaussianNoise(0.5), 4, half_life_frames=6)
    for repeat in (0, 1):
        for field in range(6):
            online.update(frames[field, repeat], field)
    records = online.records().values()
    newest = 2 ** (-np.arange(5, -1, -1) / 6)
    assert [record.n_frames for record in records] == pytest.approx(list(1.5 * newest))
    variance = sum(r.sums.lags.products[3, 3] for r in records)
    expected = (newest[:, None] * [0.5, 1] * np.square(frames).sum(axis=(2, 3))).sum()
    # sums are about a whole number of ADU: 0 here
    assert variance == pytest.approx(expected, rel=1e-5)


def test_equal_weights_give_the_interval_of_the_batch_and_fading_a_wider_one() -> None:
    frames = smooth_scenes((8, 1, 64, 64), 300)
    steady, fading = OnlineEstimator(CAMERA, 8), OnlineEstimator(CAMERA, 8, half_life_frames=2)
    for field, repeats in enumerate(frames):
        steady.update(repeats, field)
        fading.update(repeats, field)
    width = [e.estimate().ci_high - e.estimate().ci_low for e in (steady, fading)]
    assert width[1] > 1.3 * width[0]


def test_thinning_uses_a_share_and_agrees() -> None:
    frames = smooth_scenes((5, 1, 512, 512), 300)
    whole, thinned = OnlineEstimator(CAMERA, 8), OnlineEstimator(CAMERA, 8, thinning=4, seed=1)
    for field, repeats in enumerate(frames):
        whole.update(repeats, field)
        thinned.update(repeats, field)
    a, b = whole.estimate(), thinned.estimate()
    assert b.n_patches == a.n_patches / 16
    # 80,000 pixels: 1/sqrt(2 n) nat
    assert b.bits_per_pixel == pytest.approx(a.bits_per_pixel, abs=4 * 0.0036)


def test_one_field_is_estimated_and_flagged() -> None:
    rng = np.random.default_rng(3)
    online = OnlineEstimator(GaussianNoise(1.0), 8)
    online.update(rng.normal(0, math.sqrt(2), (300, 300)), 7)
    found = online.estimate()
    assert {"one_scene", "too_few_units"} <= set(found.flags)
    assert math.isnan(found.ci_low)
    assert found.bits_per_pixel == pytest.approx(0.5, abs=0.02)
    assert found.details["held_out_bits"] > found.bits_per_pixel > found.details["in_sample_bits"]


def test_constant_frames_carry_nothing_and_say_so() -> None:
    online = OnlineEstimator(CAMERA, 8)
    for field in range(4):
        online.update(np.full((32, 32), 4000, np.uint16), field)
    found = online.estimate()
    assert found.bits_per_pixel == 0
    assert found.flags == ("noise_mismatch",)


def test_clipped_frames_are_flagged() -> None:
    frames = np.minimum(smooth_scenes((4, 1, 64, 64), 300), 800)
    online = OnlineEstimator(CAMERA, 8, saturation_adu=800)
    for field, repeats in enumerate(frames):
        online.update(repeats, field)
    found = online.estimate()
    assert "saturated" in found.flags
    assert found.details["saturated_share"] == pytest.approx(float(np.mean(frames >= 800)))


class Bad(NamedTuple):
    says: str
    frames: np.ndarray
    field: object
    where: str
    words: str


GOOD = smooth_scenes((1, 1, 64, 64), 300)[0, 0]
BAD = [
    Bad("another size", GOOD[:40], 0, "frames", "40 x 64"),
    Bad("real numbers after integers", GOOD + 0.5, 0, "frames", "not integers"),
    Bad("NaN", np.where(GOOD > 500, np.nan, GOOD), 0, "frames", "NaN"),
    Bad("four axes", GOOD[None, None], 0, "frames", "shape"),
    Bad("a negative field", GOOD, -1, "field", "from 0"),
    Bad("a named field", GOOD, "centre", "field", "centre"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.says)
def test_bad_frames_are_refused_and_leave_no_trace(bad: Bad) -> None:
    online = OnlineEstimator(CAMERA, 8)
    online.update(GOOD, 0)
    before = online.estimate()
    with pytest.raises(InputError, match=bad.words) as caught:
        online.update(bad.frames, bad.field)  # type: ignore[arg-type]
    assert caught.value.where == bad.where
    after = online.estimate()
    assert after.bits_per_pixel == before.bits_per_pixel
    assert after.details == before.details


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"half_life_frames": 0}, "half_life_frames"),
        ({"thinning": 0}, "thinning"),
        ({"thinning": 1.5}, "thinning"),
        ({"confidence": 1}, "confidence"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, float], where: str) -> None:
    with pytest.raises(InputError) as caught:
        OnlineEstimator(CAMERA, **options)  # type: ignore[arg-type]
    assert caught.value.where == where


def test_estimators_that_measure_differently_do_not_merge() -> None:
    a, b = OnlineEstimator(CAMERA, 8), OnlineEstimator(CAMERA, 16)
    with pytest.raises(InputError, match="patches of 16"):
        a.merge(b)
    c, d = OnlineEstimator(CAMERA, 8), OnlineEstimator(CAMERA, 8)
    c.update(GOOD, 0)
    d.update(GOOD[:32], 0)
    with pytest.raises(InputError, match="32 x 64"):
        c.merge(d)


def test_noise_lost_beside_the_scene_is_refused() -> None:
    frames = 1e3 * gaussian_filter(np.random.default_rng(0).normal(0, 1, (4, 96, 96)), (0, 4, 4))
    noise, online = GaussianNoise(1e-6), OnlineEstimator(GaussianNoise(1e-6), 8)
    with pytest.raises(InputError, match="lost beside"):
        online.update(frames[0], 0)
    assert online.n_fields == 0
    with pytest.raises(InputError, match="lost beside"):
        estimate_information(frames, noise, "stationary", 8)


def test_nothing_is_estimated_from_nothing() -> None:
    with pytest.raises(InputError, match="none have come"):
        OnlineEstimator(CAMERA).estimate()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            arrays(np.uint16, array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=12)),
            st.integers(0, 5),
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([GaussianNoise(30), PoissonNoise(), CameraNoise(1, 9, 2)]),
)
def test_never_a_silent_number(updates: list[tuple[np.ndarray, int]], noise: NoiseModel) -> None:
    online = OnlineEstimator(noise, 4)
    for frames, field in updates:
        try:
            online.update(frames, field)
        except InputError as error:
            assert error.problem
    if online.n_fields == 0:
        return
    found = online.estimate()
    assert math.isfinite(found.bits_per_pixel)
    if found.bits_per_pixel < 0:
        assert "negative" in found.flags
    if found.n_units < 4:
        assert "too_few_units" in found.flags


def test_the_docstring_example_runs() -> None:
    failed, tried = doctest.testmod(importlib.import_module("hil.information.stream.online"))
    assert (failed, tried > 0) == (0, True)
