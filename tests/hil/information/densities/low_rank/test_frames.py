"""Inner products stand for frames, and the density of frames held out is one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.low_rank.frames import Directions, inner_products, noise_units
from hil.information.sample.choose import choose_sample
from hil.information.sample.prepare import take_in
from hil.noise import CameraNoise, GaussianNoise


def test_units_are_those_of_the_noise_at_each_value() -> None:
    noise = CameraNoise(0.5, 100, 2.0)
    rng = np.random.default_rng(0)
    light = np.tile(np.linspace(0, 400, 32), (32, 1))
    frames = noise.sample(np.broadcast_to(light, (400, 32, 32)), rng)
    sample = choose_sample(take_in(frames, noise, 16, None), 16, 0)
    units = noise_units(sample)
    products = inner_products(sample, units, 0)
    # every value of a flat field has variance 1: the length of a frame is that of noise
    assert np.diag(products).mean() / 1024 == pytest.approx(1.0, abs=0.01)
    assert np.abs(products - np.diag(np.diag(products))).max() / 1024 < 0.2


def test_the_density_of_others_is_a_gaussian_written_out() -> None:
    rng = np.random.default_rng(1)
    frames = 6 * rng.standard_normal((60, 3)) @ rng.standard_normal((3, 40))
    frames += rng.standard_normal((60, 40))
    known, others = np.arange(40), np.arange(40, 60)
    directions = Directions(frames @ frames.T, known, 40)
    found = directions.spectrum
    mean = frames[known].mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov(frames[known].T))
    u = vectors[:, ::-1][:, : len(found.spikes)]
    along = (found.spikes - found.level) * found.cosines2
    covariance = (1 + 1 / 40) * (found.level * np.eye(40) + (u * along) @ u.T)
    about = frames[others] - mean
    distance = np.einsum("ni,ij,nj->n", about, np.linalg.inv(covariance), about)
    written = 0.5 * (distance + np.linalg.slogdet(covariance)[1] + 40 * math.log(2 * math.pi))
    assert directions.nats(others) == pytest.approx(written, rel=1e-9)


def test_channels_keep_their_own_noise() -> None:
    rng = np.random.default_rng(2)
    frames = np.stack([rng.normal(0, sd, (30, 1, 16, 16)) for sd in (1.0, 50.0)], axis=2)
    noises = [GaussianNoise(1.0), GaussianNoise(50.0)]
    sample = choose_sample(take_in(frames, noises, 16, None), 16, 0)
    products = inner_products(sample, noise_units(sample), 0)
    assert np.diag(products).mean() / 512 == pytest.approx(1.0, abs=0.05)
