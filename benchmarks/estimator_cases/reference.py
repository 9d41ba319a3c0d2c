"""The reference implementation next to ours on problems with known answers, where it is installed.

That is ``encoding_information`` (Waller-Lab/EncodingInformation: JAX, flax, TensorFlow), which is
no dependency of this project. Where it cannot be imported there are no rows.

Its models are fitted to nine tenths of the patches and judged on the rest, as its own estimate
does; its settings are its defaults. The conditional entropy is the exact one for both.
"""

from __future__ import annotations

import importlib.util
import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.estimator_cases import mixture
from benchmarks.estimator_cases.problems import exponential, process_patches, process_truth_bits
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information
from hil.noise import GaussianNoise, NoiseModel, PoissonNoise

SECONDS = 60.0  # of one processor, for each of its networks
SEEDS = 3
TEST_SHARE = 0.1
STEPS_BETWEEN_LOOKS = 10
SIGMA_ADU = 10.0


class Case(NamedTuple):
    """Patches (n, p, p), their noise, and their information, bits per pixel."""

    says: str
    patches: Floats
    noise: NoiseModel
    truth_bits: float


def installed() -> bool:
    """Whether the reference implementation can be imported."""
    return importlib.util.find_spec("encoding_information") is not None


def rows(n_seeds: int) -> Iterator[Row]:
    """Each case with the reference's densities and with ours."""
    if not installed():
        print("reference: encoding_information is not installed, nothing to compare with")
        return
    seeds = range(min(n_seeds, SEEDS))
    for make, ours, its in CASES:
        for name, nats in its.items():
            yield _row([make(seed) for seed in seeds], f"reference's {name}", _its(nats))
        for estimator in ours:
            yield _row([make(seed) for seed in seeds], estimator, _our(estimator))


Measure = Callable[[Case, int], float]


def _row(cases: list[Case], who: str, measure: Measure) -> Row:
    errors, seconds = [], []
    for seed, case in enumerate(cases):
        started = time.process_time()
        errors.append(measure(case, seed) - case.truth_bits)
        seconds.append(time.process_time() - started)
    return Row(
        f"{who}: {cases[0].says}",
        float(np.mean(errors)),
        float(np.std(errors)),
        statistics.median(seconds),
        note="seconds of one processor",
    )


def _our(estimator: str) -> Measure:
    def measure(case: Case, seed: int) -> float:
        p = case.patches.shape[-1]
        found = estimate_information(case.patches, case.noise, estimator, p, seed=seed)
        # of `pixelcnn` both are the bound
        return found.bits_per_pixel

    return measure


def _its(nats: Callable[[Floats, Floats, int, bool], float]) -> Measure:
    def measure(case: Case, seed: int) -> float:
        n_test = round(TEST_SHARE * len(case.patches))
        train, test = case.patches[n_test:], case.patches[:n_test]
        discrete = isinstance(case.noise, PoissonNoise)
        p = case.patches.shape[-1]
        known = estimate_information(case.patches, case.noise, "stationary", p).h_y_given_x_nats
        return (nats(train, test, seed, discrete) - known) / math.log(2)

    return measure


def stationary_nats(train: Floats, test: Floats, seed: int, discrete: bool) -> float:
    """Give -log q of ``test`` under the reference's stationary Gaussian, nats per pixel."""
    del discrete  # it adds uniform noise to whatever it is given
    from encoding_information.models.gaussian_process import StationaryGaussianProcess

    model = StationaryGaussianProcess(train, seed=seed)
    model.fit(train, data_seed=seed, verbose=False)
    return float(model.compute_negative_log_likelihood(test, data_seed=seed, verbose=False))


def full_nats(train: Floats, test: Floats, seed: int, discrete: bool) -> float:
    """Give the same under its Gaussian of any covariance."""
    del discrete
    from encoding_information.models.gaussian_process import FullGaussianProcess

    model = FullGaussianProcess(train, seed=seed)
    return float(model.compute_negative_log_likelihood(test, data_seed=seed, verbose=False))


def pixelcnn_nats(
    train: Floats, test: Floats, seed: int, discrete: bool, seconds: float = SECONDS
) -> float:
    """Give the same under its PixelCNN, trained for so many seconds of one processor.

    Patience is without limit; what did best on its own validation split is judged.

    Parameters
    ----------
    train, test
        (n, p, p) patches, ADU.
    seed
        Of its weights and of the order of patches.
    discrete
        Whether patches are integers, to which it then adds uniform noise.
    seconds
        Compilation included.
    """
    from encoding_information.models import image_distribution_models as training
    from encoding_information.models.pixel_cnn import PixelCNN

    judge = training._evaluate_nll  # noqa: SLF001  its training has no other end by the clock
    until = time.process_time() + seconds

    def judge_in_time(*args: object, **keys: object) -> float:
        # it stops early where the validation loss is NaN, and keeps the best so far
        return float(judge(*args, **keys)) if time.process_time() < until else math.nan

    order = np.random.default_rng(seed).permutation(len(train))
    model = PixelCNN()
    training._evaluate_nll = judge_in_time  # noqa: SLF001
    try:
        model.fit(
            train[order].astype(np.float32),
            max_epochs=10**6,
            patience=10**6,
            steps_per_epoch=STEPS_BETWEEN_LOOKS,
            add_uniform_noise=discrete,
            model_seed=seed,
            data_seed=seed,
            verbose=False,
        )
    finally:
        training._evaluate_nll = judge  # noqa: SLF001
    return float(
        model.compute_negative_log_likelihood(
            test.astype(np.float32), data_seed=seed, verbose=False
        )
    )


def _process(seed: int) -> Case:
    covariance = exponential()
    return Case(
        "Gaussian process, 16 x 16, 5,000 patches",
        process_patches(covariance, SIGMA_ADU, 5000, seed),
        GaussianNoise(SIGMA_ADU),
        process_truth_bits(covariance, SIGMA_ADU),
    )


def _flat(seed: int) -> Case:
    y = np.random.default_rng(seed).poisson(1.0, (5000, 8, 8)).astype(np.float64)
    return Case("flat field of 1 photon, 8 x 8, 5,000 patches", y, PoissonNoise(), 0.0)


def _templates(says: str) -> Callable[[int], Case]:
    case = next(case for case in mixture.CASES if case.says == says)

    def make(seed: int) -> Case:
        rng = np.random.default_rng(seed)
        x = mixture.templates(case, rng)
        y = mixture.measured(case, x[rng.integers(len(x), size=5000)], rng)
        noise = PoissonNoise() if case.mean_e else GaussianNoise(SIGMA_ADU)
        patches = y.reshape(-1, mixture.P, mixture.P)
        return Case(f"64 templates, {says}", patches, noise, mixture.truth_bits(case, x))

    return make


GAUSSIANS = {"stationary": stationary_nats, "full Gaussian": full_nats}
CASES: tuple[tuple[Callable[[int], Case], tuple[str, ...], dict[str, Callable[..., float]]], ...]
CASES = (
    (_process, ("stationary", "gaussian", "pixelcnn"), GAUSSIANS | {"PixelCNN": pixelcnn_nats}),
    (_flat, ("copula",), GAUSSIANS),
    (_templates("separated, contrast 50"), ("mixture", "pixelcnn"), {"PixelCNN": pixelcnn_nats}),
    (_templates("Poisson, mean 30"), ("mixture", "pixelcnn"), {"PixelCNN": pixelcnn_nats}),
)
