"""One to three fields: what the camera's pixels may be of it is bounded, and binds where it is much."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import OnlineEstimator, estimate_information
from hil.information.diagnostics.few_fields import FewFields, bound_pattern, check_few_fields
from hil.information.sample.checks import check_frames
from hil.noise import CameraNoise
from hil.records.estimate import Estimate, making_wrong

CAMERA = CameraNoise(0.5, 100, 1.6)
SIDE = 128


def texture(n: int, sharp: float, light: float, seed: int = 0) -> np.ndarray:
    t = gaussian_filter(
        np.random.default_rng(seed).standard_normal((n, SIDE, SIDE)), (0, sharp, sharp)
    )
    return np.asarray(light * (1 + 0.15 * t / t.std()).clip(0.05))


def taken(x: np.ndarray, repeats: int, response: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pixels = 1 + response * rng.standard_normal(x.shape[-2:])
    return CAMERA.sample(np.repeat(x[:, None] * pixels, repeats, axis=1), rng)


def found(x: np.ndarray, repeats: int, response: float) -> Estimate:
    return estimate_information(taken(x, repeats, response), CAMERA, "stationary", 16)


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("light", [3000.0, 20_000.0])
@pytest.mark.parametrize("response", [0.01, 0.02])
def test_pixels_that_differ_cannot_win(n: int, repeats: int, light: float, response: float) -> None:
    for x in (np.full((n, SIDE, SIDE), light), texture(n, 1.5, light)):
        clean, estimate = found(x, repeats, 0.0), found(x, repeats, response)
        excess = estimate.bits_per_pixel - clean.bits_per_pixel
        # one field tells a little of a pattern from a sharp scene in no way, and says so
        told = n > 1 or excess > 0.25 * estimate.bits_per_pixel
        assert making_wrong(estimate.flags) if told else "pattern_unchecked" in estimate.flags
        assert not making_wrong(clean.flags)
        assert estimate.details["pattern_at_most_bits"] > 0.7 * excess


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("light", [30.0, 400.0, 20_000.0])
@pytest.mark.parametrize("sharp", [1.0, 1.5, 4.0])
def test_what_optics_make_passes_for_no_camera(n: int, light: float, sharp: float) -> None:
    estimate = found(texture(n, sharp, light, seed=n), 1, 0.0)
    assert not making_wrong(estimate.flags)
    assert "pattern_unchecked" in estimate.flags
    assert estimate.details["pattern_at_most_bits"] < 0.05


def test_a_pattern_is_no_more_than_the_estimate_and_the_interval_counts() -> None:
    bound = FewFields(1.5)
    assert bound.may_be(0.02, 1.0)
    assert not bound.may_be(0.02, 0.01)
    assert not bound.may_be(2.0, 1.7)
    assert bound.may_be(float("nan"), 1.0)
    assert not bound.shows
    assert FewFields(0.5, 0.4, 0.01).shows
    assert not FewFields(0.5, 0.4, 0.2).shows


def test_frames_that_are_too_small_say_nothing() -> None:
    frames = taken(np.full((1, 16, 16), 1000.0), 1, 0.0)
    few = check_few_fields(check_frames(frames, CAMERA, 8), 100.0)
    assert not few.details()
    assert not few.may_be(0.0, 1.0)


def test_pixels_that_must_not_be_used_count_nowhere() -> None:
    frames = taken(np.full((2, SIDE, SIDE), 1000.0), 1, 0.0)
    usable = np.random.default_rng(0).random((SIDE, SIDE)) > 0.01
    frames[..., ~usable] = 60_000
    variance = CAMERA.mean_variance_adu2(2100, True)
    few = check_few_fields(check_frames(frames, CAMERA, 8, usable), variance)
    assert few.at_most_bits < 0.02
    assert not few.shows


@pytest.mark.parametrize(
    ("at_most", "half_width", "bits", "possible"),
    [
        (0.30, 0.01, 1.0, True),
        (0.24, 0.01, 1.0, False),  # less than a quarter of the estimate
        (0.30, 0.35, 1.0, False),  # within the interval
        (0.04, 0.01, 0.1, False),  # less than 0.05 bit
        (0.30, 0.01, 0.04, False),  # of so small an estimate it cannot be more
        (0.30, math.nan, 1.0, True),  # no interval
        (0.30, 0.01, math.inf, True),  # the estimate is not known
        (math.nan, 0.01, 1.0, False),  # no bound
    ],
)
def test_a_pattern_matters_beyond_interval_quarter_and_a_twentieth(
    at_most: float, half_width: float, bits: float, possible: bool
) -> None:
    assert FewFields(at_most).may_be(half_width, bits) == possible


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("response", "bars"), [(0.01, True), (0.0, False)])
@pytest.mark.parametrize("repeats", [1, 3])
def test_a_stream_of_few_fields_is_barred_as_its_frames_are(
    n: int, response: float, bars: bool, repeats: int
) -> None:
    scene = np.full((n, SIDE, SIDE), 20_000.0) if response else texture(n, 3.0, 400.0)
    frames = taken(scene, repeats, response)
    online = OnlineEstimator(CAMERA, 8)
    for field, own in enumerate(frames):
        for one in own:
            online.update(one, field)
    streamed, whole = online.estimate(), estimate_information(frames, CAMERA, "stationary", 8)
    binding = {"pattern_possible", "fixed_pattern"}
    assert set(streamed.flags) & binding == set(whole.flags) & binding
    assert bool(set(streamed.flags) & binding) == bars
    if repeats == 1:  # of more the stream has the mean, which tells more
        bounds = [one.details["pattern_at_most_bits"] for one in (streamed, whole)]
        assert bounds[0] == pytest.approx(bounds[1], rel=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_few_bright_details_that_meet_by_chance_are_no_pattern(seed: int) -> None:
    """V was 30 times the noise there, at 1.3 standard errors: in bits that looked like more."""
    rng = np.random.default_rng(seed)
    fields = gaussian_filter((rng.random((2, 128, 128)) < 0.004) * 1.0, (0, 0.8, 0.8))
    frames = (3000 * fields + rng.standard_normal(fields.shape)).astype(np.float32)
    found = bound_pattern(frames, 1.0, frames, 1.0, None)
    assert not found.shows
    assert found.at_most_bits > 0.5, "chance still bounds it"
