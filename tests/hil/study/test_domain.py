from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hil.information.estimate import estimate_information
from hil.study.cell import patch_of
from hil.study.domain import SIZES
from hil.study.domains import domain_names, find_domain


@pytest.mark.parametrize("name", domain_names())
def test_every_domain_shows_the_same_scenes_at_all_settings_and_holds_some_out(name: str) -> None:
    domain, size = find_domain(name), SIZES["tiny"]
    assert domain.name == name and len(domain.tasks) == 2
    first, second = domain.settings(2)
    shown = [domain.observe(setting, 1, size) for setting in (first, second)]
    for task in domain.tasks:
        one, other = (observed[task.name] for observed in shown)
        if task.kind == "label":
            assert np.array_equal(one.held.truth, other.held.truth)
        assert np.array_equal(one.held.scene, other.held.scene)
        assert not set(one.learn.scene.tolist()) & set(one.held.scene.tolist())
        assert len(one.learn.rows) == len(one.learn.truth) == len(one.learn.scene)
        assert np.isfinite(one.learn.rows).all() and one.frames.ndim in (3, 5)
    metrics = domain.metrics(first)
    assert all(np.isfinite(value) for value in metrics.values())
    assert set(metrics) == set(domain.metrics(second))


@pytest.mark.parametrize("name", domain_names())
def test_a_full_study_finds_a_truth_for_each_scene(name: str) -> None:
    domain = find_domain(name)
    for seen in domain.observe(domain.settings(2)[0], 0, SIZES["full"]).values():
        for side in (seen.learn, seen.held):
            assert len(side.rows) == len(side.truth) == len(side.scene)


DARK_RING = {"led.outer_na": 0.3308, "led.inner_na": 0.2990, "focus.z_um": 2.667}
BRIGHT_RING = {"led.outer_na": 0.192, "led.inner_na": 0.052, "focus.z_um": 5.067}
TWO_BANDS = find_domain("hyperspectral").settings(8)[7]


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("led_array", DARK_RING),
        ("led_array", BRIGHT_RING),
        *(("microscope", find_domain("microscope").settings(6)[k]) for k in (2, 4, 5)),
        ("satellite", find_domain("satellite").settings(1)[0]),
        ("hyperspectral", TWO_BANDS),
    ],
)
def test_no_reading_is_more_than_codes_told_by_their_neighbours_allow(
    name: str, setting: Mapping[str, Any]
) -> None:
    """H(Y) is at most what any code takes that was not made from the frames it is asked of."""
    domain = find_domain(name)
    one = domain.observe(setting, 0, SIZES["small"])[domain.tasks[0].name]
    read = estimate_information(one.frames, one.noise, one.estimator, patch_of(one))
    frames = one.frames.reshape(-1, *one.frames.shape[-2:]).astype(np.int64)
    noise_bits = read.h_y_given_x_nats / math.log(2)
    assert read.bits_per_pixel < _bits_of_a_code(frames, one.patch_size) - noise_bits


@pytest.mark.parametrize("name", ["led_array", "microscope", "satellite", "hyperspectral"])
def test_no_gaussian_reads_less_than_what_held_out_frames_allow(name: str) -> None:
    """Both are bounds, and the lower one is nearer: a domain is read by that."""
    domain = find_domain(name)
    one = domain.observe(domain.settings(6)[5], 0, SIZES["small"])[domain.tasks[0].name]
    read, gaussian = (
        estimate_information(one.frames, one.noise, estimator, patch_of(one))
        for estimator in (one.estimator, "stationary")
    )
    assert read.details["held_out_bits"] < gaussian.bits_per_pixel


def _bits_of_a_code(frames: NDArray[np.int64], patch_size: int) -> float:
    """Bits a pixel: within a patch told from the two before it, at two of its edges by itself."""
    before, above, own = frames[:, 1:, :-1], frames[:, :-1, 1:], frames[:, 1:, 1:]
    mean = (before + above) // 2
    ends = np.unique(np.quantile(mean, np.linspace(0, 1, 33)[1:-1]))
    within = _held_out_bits(own - mean, np.searchsorted(ends, mean))
    share = (1 - 1 / patch_size) ** 2
    return share * within + (1 - share) * _held_out_bits(frames, np.zeros_like(frames))


def _held_out_bits(values: NDArray[np.int64], context: NDArray[np.intp]) -> float:
    """Of every other frame, by what the frames between them show; values are alike in a group."""
    width = max(1, int(values.std() / 8))
    group = (values - values.min()) // width
    counts = np.full((context.max() + 1, group.max() + 1), 1e-3)
    np.add.at(counts, (context[::2].ravel(), group[::2].ravel()), 1)
    share = counts / counts.sum(axis=1, keepdims=True)
    return float(math.log2(width) - np.log2(share[context[1::2], group[1::2]]).mean())
