"""The copula families: distributions that sum to 1, flat fields of any kind, and what Gaussians miss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.special import entr, ndtr, ndtri
from scipy.stats import multivariate_normal

from hil.information import estimate_information
from hil.information.densities.copula.marginal import (
    BANDWIDTHS,
    MarginalCoding,
    clipped,
    fit_marginals,
)
from hil.information.densities.copula.model import CopulaModel, cell_nats
from hil.information.densities.copula.normal_scores import NormalScores
from hil.information.densities.copula.parametric_marginal import warped_distributions, warps
from hil.information.estimators import find_estimator
from hil.information.sample.sample import Sample
from hil.noise import CameraNoise, GaussianNoise, NoiseModel, PoissonNoise

SHAPE = (8, 1, 96, 96)
COPULAS = ["copula", "copula_gaussian"]


class Flat(NamedTuple):
    says: str
    noise: NoiseModel
    lambda_e: float


def near_the_clip(noise: CameraNoise, clipped: float) -> float:
    """Electrons at which a share of the pixels clips."""
    top = (noise.highest_adu - noise.offset_adu) * noise.gain_e_per_adu
    return float(top + ndtri(clipped) * math.sqrt(top + noise.read_noise_e**2))


TEN_BIT = CameraNoise(0.5, 100, 1.6, 10)
FLATS = [
    *(Flat(f"{mean:g} photons", PoissonNoise(), mean) for mean in (0.3, 1, 3, 10, 30)),
    *(Flat(f"camera, {mean:g} electrons", CameraNoise(0.5, 100, 1.6), mean) for mean in (0.3, 5)),
    *(
        Flat(f"{share:.0%} clipped", TEN_BIT, near_the_clip(TEN_BIT, share))
        for share in (0.01, 0.2, 0.9)
    ),
    Flat("dark end cut off", CameraNoise(1.0, 0.5, 2.0), 1.0),
    *(Flat(f"sigma {sigma:g} ADU", GaussianNoise(sigma), 1000.3) for sigma in (0.3, 1, 64)),
]


def flat_frames(case: Flat, rng: np.random.Generator) -> np.ndarray:
    noise = case.noise
    if isinstance(noise, GaussianNoise):
        return np.rint(rng.normal(case.lambda_e, noise.sigma_adu, SHAPE)).astype(np.uint16)
    counts = rng.poisson(case.lambda_e, SHAPE)
    if isinstance(noise, CameraNoise):
        read = rng.normal(0, noise.read_noise_e, SHAPE)
        adu = (counts + read) / noise.gain_e_per_adu + noise.offset_adu
        return np.clip(np.rint(adu), 0, noise.highest_adu).astype(np.uint16)
    return counts


def pixel_entropy_nats(case: Flat) -> float:
    noise = case.noise
    if isinstance(noise, GaussianNoise):
        edges = np.arange(-0.5, 3000)
        return float(entr(np.diff(ndtr((edges - case.lambda_e) / noise.sigma_adu))).sum())
    assert isinstance(noise, (PoissonNoise, CameraNoise))
    return float(noise.entropy_nats(np.array([case.lambda_e]))[0])


@pytest.mark.parametrize("case", FLATS, ids=lambda case: case.says)
def test_entropy_of_flat_fields(case: Flat) -> None:
    truth = pixel_entropy_nats(case)
    frames = [flat_frames(case, np.random.default_rng(seed)) for seed in range(4)]
    found = [estimate_information(one, case.noise, "copula", 8).h_y_nats for one in frames]
    distribution = np.unique(frames, return_counts=True)[1] / np.size(frames)
    # what so many pixels can say at all: where nearly all clip, the others are rare and tell much
    scatter = math.sqrt(
        (distribution @ np.log(distribution) ** 2 - (distribution @ np.log(distribution)) ** 2)
        / np.size(frames)
    )
    assert np.mean(found) == pytest.approx(truth, abs=0.001 + 3 * scatter)
    assert scatter < 0.004


def test_gaussian_families_see_bits_in_few_photons_and_the_copula_does_not() -> None:
    frames = np.random.default_rng(2).poisson(3.0, (8, 1, 160, 160))
    gaussian = estimate_information(frames, PoissonNoise(), "stationary")
    copula = estimate_information(frames, PoissonNoise(), "copula")
    assert gaussian.details["held_out_bits"] > 0.03
    assert abs(gaussian.bits_per_pixel) < 0.02, "single pixels allow no more"
    assert abs(copula.bits_per_pixel) < 0.02
    assert copula.ci_low < 0.01


@pytest.mark.parametrize("estimator", ["stationary", "gaussian"])
def test_gaussian_families_say_how_far_one_pixel_misleads_them(estimator: str) -> None:
    rng = np.random.default_rng(11)
    shape = (12, 1, 64, 64)
    dim = estimate_information(rng.poisson(1.0, shape), PoissonNoise(), estimator, 4)
    bright = estimate_information(rng.poisson(2000.0, shape), PoissonNoise(), estimator, 4)
    clipped = np.minimum(np.rint(rng.normal(250, 5, shape)), 255).astype(np.uint8)
    full = estimate_information(clipped, GaussianNoise(5), estimator, 4)
    assert dim.details["gaussian_gap_bits"] == pytest.approx(dim.details["held_out_bits"], abs=0.04)
    assert dim.details["gaussian_gap_bits"] > 0.05
    assert abs(bright.details["gaussian_gap_bits"]) < 0.003
    assert full.details["gaussian_gap_bits"] > 0.1


def place(p: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(p), np.arange(p), indexing="ij"), axis=-1).reshape(-1, 2)


def smooth_scenes(n: int, p: int, rng: np.random.Generator) -> np.ndarray:
    """(n, p, p) Gaussian scenes of unit variance."""
    apart = np.linalg.norm(place(p)[:, None] - place(p)[None], axis=-1)
    factor = np.linalg.cholesky(np.exp(-apart / 3))
    return (rng.standard_normal((n, p * p)) @ factor.T).reshape(n, p, p)


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(
    ("name", "gaussian"), [("copula", "stationary"), ("copula_gaussian", "gaussian")]
)
def test_costs_nothing_where_the_truth_is_gaussian(name: str, gaussian: str, rounded: bool) -> None:
    rng = np.random.default_rng(3)
    frames = 500 + 30 * smooth_scenes(3000, 8, rng) + rng.normal(0, 10, (3000, 8, 8))
    frames = np.rint(frames) if rounded else frames
    own = estimate_information(frames, GaussianNoise(10), gaussian, 8)
    found = estimate_information(frames, GaussianNoise(10), name, 8)
    assert found.bits_per_pixel == pytest.approx(own.bits_per_pixel, abs=0.001)
    assert found.details["held_out_bits"] == pytest.approx(own.details["held_out_bits"], abs=0.002)


@pytest.mark.parametrize("mean_e", [1.0, 30.0, 1000.0])
def test_lognormal_pixels_by_summation(mean_e: float) -> None:
    spread, noise = 0.6, PoissonNoise()
    rng = np.random.default_rng(4)
    pixels = mean_e * np.exp(spread * rng.standard_normal((8, 1, 128, 128)) - spread**2 / 2)
    found = estimate_information(rng.poisson(pixels), noise, "copula", 8)
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    lambda_e = mean_e * np.exp(spread * z - spread**2 / 2)
    y = np.arange(int(mean_e * 30) + 40)
    distribution = np.zeros(y.size)
    log_factorial = np.cumsum(np.log(np.maximum(y, 1)))
    for w, light in zip(weight, lambda_e, strict=True):
        distribution += w * np.exp(y * math.log(light) - light - log_factorial)
    h_y = float(entr(distribution).sum())
    assert found.h_y_nats == pytest.approx(h_y, abs=0.01 * math.log(2) + 0.004)
    truth = (h_y - float(weight @ noise.entropy_nats(lambda_e))) / math.log(2)
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.03)


def coarse_model(seed: int) -> tuple[CopulaModel, int]:
    """A model of 2 x 2 pixels with 5 values, clipped at both ends and strongly correlated."""
    rng = np.random.default_rng(seed)
    latent = smooth_scenes(4000, 2, rng) + 0.3 * rng.standard_normal((4000, 2, 2))
    counts = np.clip(np.rint(1.3 * latent + 1.5), 0, 4).astype(np.uint16)
    distribution = np.bincount(counts.ravel(), minlength=5) / counts.size
    scores = NormalScores(distribution)
    z = scores.score[counts.reshape(-1, 4)]
    covariance = np.cov(z.T, bias=True)
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))
    return CopulaModel.fit([scores], z.mean(axis=0), covariance, whitener), 5


def test_probabilities_of_all_patches_sum_to_one() -> None:
    model, n = coarse_model(0)
    everything = np.array(list(itertools.product(range(n), repeat=4)), dtype=np.int32)
    assert np.exp(-4 * model.nats_per_pixel(everything)).sum() == pytest.approx(1, abs=1e-5)


def test_bound_lies_above_the_entropy_of_coarse_correlated_pixels() -> None:
    model, n = coarse_model(0)
    rng = np.random.default_rng(7)
    latent = smooth_scenes(200_000, 2, rng) + 0.3 * rng.standard_normal((200_000, 2, 2))
    y = np.clip(np.rint(1.3 * latent + 1.5), 0, 4).astype(np.int32).reshape(-1, 4)
    counts = np.bincount(y @ n ** np.arange(4), minlength=n**4)
    # Miller and Madow's correction of the entropy of a histogram
    entropy = entr(counts / len(y)).sum() + ((counts > 0).sum() - 1) / (2 * len(y))
    excess = model.nats_per_pixel(y).mean() - entropy / 4
    assert 0 < excess < 0.01
    independent = entr(np.bincount(y.ravel(), minlength=n) / y.size).sum()
    assert independent - entropy / 4 > 0.2


def test_fine_cells_give_the_gaussian_density() -> None:
    rng = np.random.default_rng(5)
    sigma = 40.0
    covariance = sigma**2 * np.array([[1, 0.7, 0.3], [0.7, 1, 0.7], [0.3, 0.7, 1]])
    edges = np.arange(-250, 252) - 0.5
    distribution = np.diff(ndtr(edges / sigma))
    scores = NormalScores(distribution / distribution.sum())
    correlation = covariance / sigma**2
    model = CopulaModel.fit(
        [scores], np.zeros(3), correlation, np.linalg.inv(np.linalg.cholesky(correlation))
    )
    y = rng.multivariate_normal(np.zeros(3), covariance, 200)
    codes = np.rint(y).astype(np.int32) + 250
    expected = -multivariate_normal(np.zeros(3), covariance).logpdf(codes - 250) / 3
    assert model.nats_per_pixel(codes) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("distribution", [[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], np.full(50, 0.02)])
def test_latent_correlation_turns_the_scores_covariance_round(distribution: list[float]) -> None:
    scores = NormalScores(np.asarray(distribution, dtype=float))
    rng = np.random.default_rng(6)
    rho = 0.7
    t = rng.standard_normal(400_000)
    other = rho * t + math.sqrt(1 - rho**2) * rng.standard_normal(t.size)
    z = [scores.score[np.searchsorted(scores.edges[1:-1], one)] for one in (t, other)]
    covariance = np.array(float(np.mean(z[0] * z[1])))
    assert float(scores.latent_correlation(scores, covariance)) == pytest.approx(rho, abs=0.02)
    assert float(scores.latent_correlation(scores, np.array(0.0))) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 2.0), (-40.0, -39.0), (39.0, 40.0), (-np.inf, 0.3), (5.0, np.inf)]
)
def test_cells_far_out_keep_their_digits(low: float, high: float) -> None:
    # Gauss and Legendre's rule on the density, scaled by its value at the end nearer to 0
    at = min(abs(low), abs(high)) if low * high > 0 else 0.0
    top, bottom = min(high, 45.0), max(low, -45.0)
    x, w = np.polynomial.legendre.leggauss(400)
    t = (top - bottom) / 2 * x + (top + bottom) / 2
    scaled = np.exp(-(t**2 - at**2) / 2) @ w * (top - bottom) / 2 / math.sqrt(2 * math.pi)
    expected = at**2 / 2 - math.log(scaled)
    assert cell_nats(np.array([low]), np.array([high]))[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("distribution", [[1.0], [0.3, 0.7], [0.98, 0.01, 0.01]])
def test_ends_without_a_width_do_not_raise_the_noise_in_the_scores(
    distribution: list[float],
) -> None:
    scores = NormalScores(np.asarray(distribution))
    noise = scores.slope2_mean(np.full(len(distribution), 100.0))
    assert 0 <= noise <= 1 - scores.hidden_variance + 1e-12


def test_marginals_are_laws_and_leave_their_fold_out() -> None:
    rng = np.random.default_rng(8)
    counts = np.array([np.bincount(rng.poisson(40, 500), minlength=120) for _ in range(4)])
    everything, others, bandwidths = fit_marginals(counts.astype(float), np.full(120, 40.0))
    for distribution in (everything, *others):
        assert distribution.sum() == pytest.approx(1)
        assert distribution.min() > 0
    # few pixels on many codes: smoothing pays
    assert bandwidths[0] > 0
    assert set(bandwidths) <= set(BANDWIDTHS)
    counts[2] = np.bincount(rng.poisson(40, 500), minlength=120)
    assert np.array_equal(fit_marginals(counts.astype(float), np.full(120, 40.0))[1][2], others[2])


def test_combs_are_not_smoothed_away() -> None:
    rng = np.random.default_rng(9)
    frames = 4 * rng.poisson(50, (8, 1, 96, 96))
    entropy = find_estimator("copula").cross_entropy(Sample(frames, 8, 200.0, 800.0, discrete=True))
    gaussian_on_every_adu = 0.5 * math.log(2 * math.pi * math.e * 800)
    assert entropy.corrected_nats.mean() < gaussian_on_every_adu - 1.2


def test_codes_of_real_and_of_vast_numbers() -> None:
    real = Sample(np.random.default_rng(1).normal(0, 5, (2, 1, 9, 9)), 3, 0.0, 4.0, discrete=False)
    coding = MarginalCoding.of(real)
    assert coding.step_adu == pytest.approx(2 / 16)
    assert np.abs(coding.adu()[coding.encode(real.frames)] - real.frames).max() <= 1 / 16 + 1e-12
    vast = Sample(np.array([[[[0, 2**31]]], [[[5, 7]]]], np.uint32), 1, 0.0, 4.0, discrete=True)
    coding = MarginalCoding.of(vast)
    assert coding.n_codes <= 2**17 + 1
    assert coding.log_step_nats == pytest.approx(math.log(coding.step_adu))


@pytest.mark.parametrize("name", COPULAS)
def test_shifted_and_repeated_frames_say_the_same(name: str) -> None:
    rng = np.random.default_rng(10)
    frames = rng.poisson(6 * np.exp(0.5 * smooth_scenes(600, 4, rng)))[:, None]
    camera = CameraNoise(1.0, 100, 0.0)
    found = estimate_information(frames + 100, camera, name, 4)
    assert found.h_y_nats == pytest.approx(
        estimate_information(frames, PoissonNoise(), name, 4).h_y_nats, abs=0.002
    )
    twice = estimate_information(np.repeat(frames + 100, 2, axis=1), camera, name, 4)
    assert twice.n_units == 600
    assert twice.h_y_nats == pytest.approx(found.h_y_nats, abs=0.03)


class Smooth(NamedTuple):
    says: str
    amplitude_adu: float
    length_px: float
    sigma_adu: float
    within_bits: float


SMOOTH = [
    Smooth("a little smooth", 30, 2, 10, 0.006),
    Smooth("30 times the noise", 300, 3, 10, 0.01),
    Smooth("50 times the noise", 100, 3, 2, 0.01),
    Smooth("1,000 times the noise", 800, 3, 0.8, 0.01),
]


def smooth_fields(case: Smooth, n: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """(n, side, side) integers: Gaussian fields of covariance a^2 exp(-r^2 / 2 l^2), and noise."""
    apart = np.minimum(np.arange(2 * side), 2 * side - np.arange(2 * side))
    line = np.exp(-(apart**2) / (2 * case.length_px**2))
    power = np.maximum(np.fft.fft2(case.amplitude_adu**2 * np.outer(line, line)).real, 0)
    white = np.fft.fft2(rng.standard_normal((n, 2 * side, 2 * side)))
    fields = np.fft.ifft2(np.sqrt(power) * white).real[:, :side, :side]
    return np.rint(5000 + fields + case.sigma_adu * rng.standard_normal(fields.shape))


@pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.says)
def test_smooth_scenes_leave_only_noise_where_their_spectrum_ends(case: Smooth) -> None:
    p = 8
    apart = place(p)[:, None] - place(p)[None]
    scene = np.exp(-(apart**2).sum(axis=-1) / (2 * case.length_px**2))
    # rounding adds its own noise
    ratio = case.amplitude_adu**2 / (case.sigma_adu**2 + 1 / 12)
    truth = np.linalg.slogdet(np.eye(p * p) + ratio * scene)[1] / (2 * p * p * math.log(2))
    frames = smooth_fields(case, 16, 96, np.random.default_rng(10)).astype(np.uint16)
    found = estimate_information(frames, GaussianNoise(case.sigma_adu), "copula", p)
    assert found.bits_per_pixel == pytest.approx(truth, abs=case.within_bits)


@pytest.mark.parametrize("scene", [np.sin, np.square], ids=["bounded", "far tail"])
def test_bright_smooth_scenes_cost_no_more_than_under_a_gaussian(
    scene: Callable[[np.ndarray], np.ndarray],
) -> None:
    rng = np.random.default_rng(16)
    fields = smooth_fields(Smooth("", 1000, 3, 0.1, 0), 8, 64, rng) / 1000 - 5
    frames = np.rint(5000 + 1000 * scene(fields) + rng.normal(0, 10, fields.shape))
    copula, stationary = (
        estimate_information(frames, GaussianNoise(10), name, 8).details["held_out_bits"]
        for name in ("copula", "stationary")
    )
    assert copula < stationary + 0.001


def test_a_wave_in_the_histogram_of_smooth_scenes_is_no_law_of_pixels() -> None:
    case = Smooth("", 300, 4, 3, 0)
    frames = smooth_fields(case, 8, 64, np.random.default_rng(11))
    found = estimate_information(frames, GaussianNoise(case.sigma_adu), "copula", 8)
    assert found.details["marginal_law"] == "normal"
    rough = np.random.default_rng(12).poisson(3.0, (8, 64, 64))
    assert estimate_information(rough, PoissonNoise(), "copula", 8).details["marginal_law"] == (
        "histogram"
    )


def test_smooth_scenes_that_clip() -> None:
    """Clipping is a function of the measurement: it leaves no more information than there was."""
    case = Smooth("", 100, 3, 10, 0)
    frames = smooth_fields(case, 8, 64, np.random.default_rng(14))
    cut = np.minimum(frames, 5000 + case.amplitude_adu)
    whole, part = (
        estimate_information(one, GaussianNoise(10), "copula", 8, max_saturated_share=1.0)
        for one in (frames, cut)
    )
    assert part.h_y_nats < whole.h_y_nats - 0.2  # of the pixels 16 % clip


def test_an_atom_at_an_end_of_the_histogram_is_a_clip() -> None:
    rng = np.random.default_rng(15)
    plain = np.bincount(np.rint(rng.normal(60, 9, 50_000)).astype(int)).astype(float)
    plain = plain[plain.nonzero()[0][0] :]
    assert not clipped(plain)
    for cut in (80, 60):
        top = np.append(plain[: cut - 20], plain[cut - 20 :].sum())
        assert clipped(top)
        assert clipped(top[::-1])
    assert not clipped(np.array([5.0, 9.0]))


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_warped_laws_fit_what_they_are_made_for(power: float) -> None:
    """Normal variables themselves, their squares, their exponentials."""
    rng = np.random.default_rng(13)
    t = rng.standard_normal(200_000)
    y = {0.0: 400 + 40 * t, 0.5: (20 + 2 * t) ** 2, 1.0: np.exp(6 + 0.3 * t)}[power]
    code = np.rint(y - y.min()).astype(int)
    counts = np.bincount(code)[None].astype(float)
    variance = np.arange(counts.size) + y.min()  # of counted photons
    name = {0.0: "normal", 0.5: "root normal", 1.0: "log normal"}[power]
    fits = {n: warped_distributions(counts, u)[0].probability for n, u in warps(variance).items()}
    nats = {
        n: -float(counts[0] @ np.log(distribution)) / counts.sum()
        for n, distribution in fits.items()
    }
    assert min(nats, key=nats.__getitem__) == name
    empirical = entr(counts[0] / counts.sum()).sum() + np.count_nonzero(counts) / 2 / counts.sum()
    assert nats[name] == pytest.approx(empirical, abs=2e-3)
    for distribution in fits.values():
        assert distribution.sum() == pytest.approx(1, abs=1e-9)
        assert distribution.min() > 0
    assert list(warps(np.full(10, 4.0))) == ["normal"]


def test_laws_rise_where_the_noise_stands_still() -> None:
    """Below a camera's offset noise is the same at every code; no two codes share a place."""
    variance = 9.0 + 2.0 * np.maximum(np.arange(50.0) - 20, 0)
    for u in warps(variance).values():
        assert (np.diff(u) > 0).all()
    logarithm = warps(variance)["log normal"]
    np.testing.assert_allclose(logarithm[21:], np.log(variance)[21:])
