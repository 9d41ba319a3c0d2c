"""The neural density: causal, normalised, at least as good as its start, and the same each time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from scipy.stats import poisson

from hil.errors import InputError
from hil.information import estimate_information
from hil.information.densities.neural.binned_mixture import FAR, log_density, log_probability
from hil.information.densities.neural.coding import Alphabet, PatchCoding, fit_coding, normal_scores
from hil.information.densities.neural.cross_fit import (
    Fitting,
    cross_fit,
    held_out_and_in_sample,
    quick,
)
from hil.information.densities.neural.network import Network, NetworkShape
from hil.information.densities.neural.patch_set import PatchSet
from hil.information.densities.neural.training import (
    Schedule,
    Tensors,
    TrainingProgress,
    patch_nats,
)
from hil.information.estimators import find_estimator
from hil.information.estimators.pixelcnn import PixelCNN
from hil.information.sample.sample import Sample
from hil.noise import GaussianNoise, PoissonNoise

P = 4
TINY = NetworkShape(P, features=4, layers=1, units=8, components=2, reach=2)
SHORT = Schedule(steps=24, batch_pixels=1024, check_every=8, patience=2)
REAL = Alphabet(discrete=False, lowest=-math.inf, highest=math.inf)


def busy(shape: NetworkShape, seed: int = 0) -> Network:
    """A network none of whose weights is zero."""
    draw = torch.Generator().manual_seed(seed)
    network = Network(shape, draw)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=draw)
    network.knows_scenes.fill_(True)
    return network


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("labels", [0, 2])
def test_entries_see_the_past_alone(channels: int, labels: int) -> None:
    network = busy(replace(TINY, channels=channels, labels=labels))
    size = P * P * channels
    values = [torch.randn(1, size, requires_grad=True) for _ in range(3)]
    x, linear, z = values
    label = torch.tensor([1]) if labels else None
    seen = torch.zeros(size, size)
    sees_prediction = torch.zeros(size, size)
    log_pi, mu, s = network(x, linear, z, label)
    for i in range(size):
        total = (log_pi + mu + s)[:, i].sum()
        found = torch.autograd.grad(total, values, retain_graph=True, allow_unused=True)
        seen[i] = sum(g.abs()[0] for g in (found[0], found[2]) if g is not None)
        sees_prediction[i] = found[1].abs()[0]
    # of the linear predictions, its own is allowed: that is made of earlier values alone
    assert torch.count_nonzero(seen.triu()) == 0
    assert torch.count_nonzero(sees_prediction - sees_prediction.diag().diag()) == 0
    # and nothing of the past goes unseen
    assert torch.count_nonzero(seen) == size * (size - 1) // 2


@pytest.mark.parametrize("scale", [0.02, 0.3, 3.0, 30.0])
def test_bins_hold_what_the_density_integrates_to(scale: float) -> None:
    draw = torch.Generator().manual_seed(1)
    log_pi = torch.log_softmax(torch.randn(3, 1, generator=draw), 0)
    mu, s = torch.randn(3, 1, generator=draw), torch.exp(0.5 * torch.randn(3, 1, generator=draw))
    z = torch.linspace(-4, 4, 9)
    half = torch.full_like(z, scale / 2)
    found = log_probability(z, half, half, log_pi, mu, s).double().exp()
    offset = (torch.arange(2000) + 0.5) / 2000 * scale - scale / 2
    fine = log_density((z[:, None] + offset).reshape(-1), log_pi, mu, s).double().exp()
    assert torch.allclose(found, fine.view(9, -1).mean(1) * scale, rtol=3e-3)


@pytest.mark.parametrize("away", [3.0, 12.0, 40.0])
def test_far_tails_keep_their_gradients(away: float) -> None:
    one = torch.zeros(1, 2)
    mu = torch.zeros(1, 2, requires_grad=True)
    z, half = torch.tensor([away, -away]), torch.tensor([0.5, 0.5])
    log_p = log_probability(z, half, half, one, mu, one + 1)
    log_p.sum().backward()
    assert torch.allclose(log_p[0], log_p[1])
    assert mu.grad is not None
    # d log P / d mu tends to the nearer end's distance
    assert mu.grad[0, 0] == pytest.approx(away, abs=0.6)


class Values(NamedTuple):
    says: str
    lowest: int
    highest: int
    mean: float


@pytest.mark.parametrize(
    "case",
    [
        Values("clipped at both ends", 0, 7, 3.5),
        Values("mostly clipped", 0, 5, 4.8),
        Values("dark", 0, 30, 0.4),
    ],
    ids=lambda case: case.says,
)
def test_probabilities_sum_to_one_over_all_values(case: Values) -> None:
    rng = np.random.default_rng(2)
    y = np.clip(rng.poisson(case.mean, (400, P * P)), case.lowest, case.highest)
    alphabet = Alphabet(True, case.lowest, case.highest)
    network = busy(TINY)
    # the last pixel of a patch takes each value; what it follows stays
    every = np.repeat(y[:1], case.highest - case.lowest + 1, axis=0)
    every[:, -1] = np.arange(case.lowest, case.highest + 1)
    for coding in fit_coding(
        y.astype(np.float32), y[:100].astype(np.float32), alphabet, P, channels=1
    ):
        patches = Tensors.of(coding.encode(every.astype(np.float32)), torch.device("cpu"))
        with torch.no_grad():
            log_pi, mu, s = network(patches.x, patches.linear, patches.z)
            assert patches.below is not None and patches.above is not None
            last = slice(P * P - 1, None, P * P)
            ends = (values.reshape(-1)[last] for values in (patches.below, patches.above))
            log_p = log_probability(
                patches.z.reshape(-1)[last], *ends, log_pi[:, last], mu[:, last], s[:, last]
            )
        assert float(log_p.double().exp().sum()) == pytest.approx(1, abs=2e-5)


def test_densities_integrate_to_one() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(0, 5, (300, P * P)).astype(np.float32)
    (coding,) = fit_coding(y, y[:50], REAL, P, channels=1)
    line = np.linspace(-80, 80, 4001, dtype=np.float32)
    every = np.repeat(y[:1], line.size, axis=0)
    every[:, -1] = line
    network = busy(TINY)
    with torch.no_grad():
        nats = patch_nats(network, Tensors.of(coding.encode(every), torch.device("cpu")))
        alone = patch_nats_of_all_but_the_last(network, coding, y[:1])
    density = np.exp(alone - nats.double().numpy())
    assert np.trapezoid(density, line) == pytest.approx(1, abs=1e-3)


def patch_nats_of_all_but_the_last(network: Network, coding: PatchCoding, y: np.ndarray) -> float:
    """-log q of a patch's entries but the last."""
    patches = Tensors.of(coding.encode(y), torch.device("cpu"))
    log_f = log_density(patches.z.reshape(-1), *network(patches.x, patches.linear, patches.z))
    return float(-log_f[:-1].double().sum() - coding.start.log_slope[:-1].sum())


def test_scores_make_pixels_normal() -> None:
    rng = np.random.default_rng(4)
    light = np.rint(np.exp(rng.normal(6, 1, 100_000))).astype(np.float32)
    scale = normal_scores(light, Alphabet(True, 0, math.inf))
    t = scale(light)
    assert np.mean(t) == pytest.approx(0, abs=0.02)
    assert np.mean((t - t.mean()) ** 4) / np.var(t) ** 2 == pytest.approx(3, abs=0.15)
    far = scale(np.array([-1e6, -1.0, 0.0, 1e6, 2e6]))
    assert np.all(np.diff(far) > 0)


def process(n: int, seed: int) -> tuple[np.ndarray, float]:
    """Gaussian-process patches of 8 x 8 with noise of sigma 10, and their bits per pixel."""
    side = 8
    place = np.stack(np.meshgrid(*[np.arange(side)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    apart = np.linalg.norm(place[:, None] - place[None], axis=-1)
    covariance = 900 * np.exp(-apart / 3) + 100 * np.eye(side**2)
    y = np.random.default_rng(seed).standard_normal((n, side**2))
    y = y @ np.linalg.cholesky(covariance).T + 300
    bits = float(np.linalg.slogdet(covariance / 100)[1]) / (2 * side**2 * math.log(2))
    return y.reshape(n, side, side), bits


@pytest.mark.parametrize("rounded", [False, True])
def test_gaussian_scenes_end_at_the_gaussian_bound(rounded: bool) -> None:
    frames, truth = process(2000, 5)
    frames = np.rint(frames).astype(np.uint16) if rounded else frames
    found = estimate_information(frames, GaussianNoise(10), PixelCNN(TINY, SHORT), patch_size=8)
    gaussian = estimate_information(frames, GaussianNoise(10), "gaussian", patch_size=8)
    assert found.estimator == "pixelcnn"
    assert found.bits_per_pixel == pytest.approx(found.details["held_out_bits"], abs=1e-12)
    assert found.bits_per_pixel < gaussian.details["held_out_bits"] + 0.002
    # 2000 patches of 64 pixels scatter by 1 / sqrt(128 * 2000) nat
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.012)


def template_frames(n: int, seed: int) -> tuple[np.ndarray, float]:
    """Ten known scenes in noise of sigma 10, and an upper bound on their bits per pixel."""
    rng = np.random.default_rng(seed)
    scenes = 25 * rng.standard_normal((10, P, P))
    chosen = rng.integers(10, size=n)
    return scenes[chosen] + rng.normal(0, 10, (n, P, P)), math.log2(10) / P**2


def test_known_scenes_are_told_apart() -> None:
    frames, most = template_frames(2000, 6)
    network = PixelCNN(replace(TINY, units=16), SHORT)
    found = estimate_information(frames, GaussianNoise(10), network, patch_size=P)
    gaussian = estimate_information(frames, GaussianNoise(10), "gaussian", patch_size=P)
    assert gaussian.bits_per_pixel > most + 0.4
    assert most - 0.02 < found.bits_per_pixel < most + 0.2
    assert set(found.details["starts"]) == {"scenes"}


def test_bright_and_dark_patches_teach_more_than_a_gaussian_knows() -> None:
    rng = np.random.default_rng(7)
    contrast = np.exp(rng.normal(0, 1, (1500, 1, 1)))
    frames = rng.normal(0, 30, (1500, P, P)) * contrast + rng.normal(0, 10, (1500, P, P))
    found = estimate_information(
        frames, GaussianNoise(10), PixelCNN(TINY, replace(SHORT, steps=120)), patch_size=P
    )
    gaussian = estimate_information(frames, GaussianNoise(10), "gaussian", patch_size=P)
    assert found.bits_per_pixel < gaussian.bits_per_pixel - 0.2
    assert all(steps > 0 for steps in found.details["steps"])


@pytest.mark.parametrize("mean", [0.3, 3.0])
@pytest.mark.parametrize("top", [2, 1000])
def test_independent_counts_end_at_their_own_distribution(mean: float, top: int) -> None:
    y = np.minimum(np.random.default_rng(8).poisson(mean, (1600, P, P)), top)
    sample = Sample(y[:, None], P, float(y.mean()), mean, True, noise=PoissonNoise())
    found = PixelCNN(TINY, SHORT).cross_entropy(sample)
    probability = poisson.pmf(np.arange(top + 1), mean)
    probability[-1] += poisson.sf(top, mean)
    excess = found.upper_nats + np.log(probability[y]).mean()
    assert 0 < excess < 0.003


def sample_of(frames: np.ndarray, seed: int = 0) -> Sample:
    return Sample(frames[:, None], P, float(frames.mean()), 100.0, False, seed=seed)


def test_a_seed_decides_everything() -> None:
    frames, _ = template_frames(400, 9)
    network = PixelCNN(TINY, SHORT)
    first = network.cross_entropy(sample_of(frames))
    cores = torch.get_num_threads()
    torch.set_num_threads(1 if cores > 1 else 2)
    again = network.cross_entropy(sample_of(frames))
    torch.set_num_threads(cores)
    other = network.cross_entropy(sample_of(frames, seed=1))
    assert np.array_equal(first.held_out_nats, again.held_out_nats)
    assert not np.array_equal(first.held_out_nats, other.held_out_nats)


def test_random_numbers_of_others_are_left_alone() -> None:
    frames, _ = template_frames(200, 9)
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    PixelCNN(TINY, replace(SHORT, steps=2)).cross_entropy(sample_of(frames))
    assert torch.equal(torch.rand(1), wanted)


def test_warm_starts_take_fewer_steps_to_no_worse(tmp_path: Path) -> None:
    both, _ = template_frames(2000, 10)
    frames, later = both[:1000], both[1000:]
    cold = PixelCNN(TINY, SHORT, keep_warm=True)
    cold.cross_entropy(sample_of(frames))
    cold.save(tmp_path / "weights.pt")
    steps: list[TrainingProgress] = []
    warm = PixelCNN(TINY, SHORT, told=steps.append)
    warm.load(tmp_path / "weights.pt")
    for fold, weights in cold.weights.items():
        assert all(torch.equal(value, warm.weights[fold][key]) for key, value in weights.items())
    found = warm.cross_entropy(sample_of(later))
    fresh = PixelCNN(TINY, SHORT).cross_entropy(sample_of(later))
    assert set(found.details["starts"]) == {"warm"}
    assert max(step.step for step in steps) <= quick(SHORT).steps < SHORT.steps
    assert found.upper_nats < fresh.upper_nats + 0.02
    assert {step.fold for step in steps} == set(range(5))
    assert all(step.best_nats <= step.start_nats for step in steps)


def test_a_fold_never_learns_from_its_own_fields() -> None:
    frames, _ = template_frames(300, 11)
    patches = PatchSet.of(sample_of(frames))
    fitting = Fitting(SHORT, quick(SHORT))
    before = cross_fit(patches, TINY, fitting)
    changed = patches.y.copy()
    changed[patches.fold == 2] *= -3
    after = cross_fit(replace(patches, y=changed), TINY, fitting)
    same = [
        all(torch.equal(a.weights[key], b.weights[key]) for key in a.weights)
        for a, b in zip(before, after, strict=True)
    ]
    assert same == [False, False, True, False, False]


class Fields(NamedTuple):
    says: str
    shape: tuple[int, int, int]


@pytest.mark.parametrize(
    "case",
    [
        Fields("many fields", (40, P, P)),
        Fields("two tall fields", (2, 12 * P, 3 * P)),
        Fields("two wide fields", (2, 3 * P, 12 * P)),
        Fields("three small fields", (3, 3 * P, 3 * P)),
    ],
    ids=lambda case: case.says,
)
def test_patches_that_stop_are_not_learnt_from(case: Fields) -> None:
    frames = np.random.default_rng(0).normal(size=case.shape)
    patches = PatchSet.of(sample_of(frames))
    for fold in range(patches.n_folds):
        fit, stop = patches.learning(fold)
        assert fit.any() and stop.any()
        assert not (fit & stop).any()
        assert not (fit | stop)[patches.fold == fold].any()
        if case.shape[0] > 4:
            assert not (fit.any(axis=1) & stop.any(axis=1)).any()


def test_colours_that_go_together_are_predicted_from_each_other() -> None:
    rng = np.random.default_rng(12)
    n, noise = 1500, 0.5
    grey = rng.normal(0, 1, (n, P * P, 1))
    colour = np.concatenate([grey, grey**2], axis=2) + noise * rng.standard_normal((n, P * P, 2))
    fold = np.arange(n) % 3
    y = colour.reshape(n, 1, -1).astype(np.float32)
    fitting = Fitting(replace(SHORT, steps=150), quick(SHORT))
    both = PatchSet(y, fold, P, 2, np.zeros((1, 1, 2), np.intp), REAL)
    folds = cross_fit(both, replace(TINY, channels=2, features=8), fitting)
    together = held_out_and_in_sample(both, folds)[0].mean() * 2
    apart = 0.0
    for channel in range(2):
        values = np.ascontiguousarray(colour[:, None, :, channel]).astype(np.float32)
        one = PatchSet(values, fold, P, 1, np.zeros((1, 1, 2), np.intp), REAL)
        apart += held_out_and_in_sample(one, cross_fit(one, TINY, fitting))[0].mean()
    # y2 = y1^2 is uncorrelated with y1: only a network that sees the first channel finds it
    assert together < apart - 0.15


def test_weights_of_other_patches_are_refused(tmp_path: Path) -> None:
    frames, _ = template_frames(200, 9)
    network = PixelCNN(TINY, replace(SHORT, steps=2), keep_warm=True)
    with pytest.raises(InputError, match="nothing to save"):
        network.save(tmp_path / "none.pt")
    network.cross_entropy(sample_of(frames))
    with pytest.raises(InputError, match="of 5 folds of patches of 4 pixels"):
        network.cross_entropy(Sample(frames[:3, None], 2, 0.0, 100.0, False))


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut short"])
def test_files_that_hold_no_weights_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="does not hold weights"):
        PixelCNN().load(path)
    with pytest.raises(InputError, match="No such file"):
        PixelCNN().load(tmp_path / "gone.pt")


def test_weights_that_run_code_are_refused(tmp_path: Path) -> None:
    torch.save({"format": Path("x")}, tmp_path / "weights.pt")
    with pytest.raises(InputError, match="does not hold weights"):
        PixelCNN().load(tmp_path / "weights.pt")


def test_the_registry_finds_it() -> None:
    assert isinstance(find_estimator("pixelcnn"), PixelCNN)


@pytest.mark.parametrize("at", [-60.0, -3.0, 0.0, 3.0, 60.0])
@pytest.mark.parametrize("end", ["below", "above", "both"])
def test_open_bins_have_finite_gradients(at: float, end: str) -> None:
    z = torch.tensor([at])
    below = torch.tensor([FAR if end != "above" else 0.3])
    above = torch.tensor([FAR if end != "below" else 0.3])
    mu = torch.zeros(2, 1, requires_grad=True)
    s = torch.tensor([[1.0], [0.01]], requires_grad=True)
    log_p = log_probability(z, below, above, torch.full((2, 1), -math.log(2)), mu, s)
    log_p.sum().backward()
    assert mu.grad is not None and s.grad is not None
    assert torch.isfinite(log_p).all() and log_p[0] <= 1e-6
    assert torch.isfinite(mu.grad).all() and torch.isfinite(s.grad).all()


class Cut(NamedTuple):
    says: str
    shape: tuple[int, int, int]
    crops: int  # a field; 0 for none


@pytest.mark.parametrize(
    "case",
    [
        Cut("every pixel", (8, 12, 16), 9 * 13),
        Cut("frames of one patch", (8, P, P), 0),
        Cut("too few fields to stop by", (4, 12, 16), 0),
        Cut("enough patches as they are", (8, 384, 384), 0),
    ],
    ids=lambda case: case.says,
)
def test_crops_are_learnt_from_and_never_of_the_own_fold(case: Cut) -> None:
    frames = np.arange(np.prod(case.shape), dtype=np.float64).reshape(case.shape)
    sample = sample_of(frames)
    patches = PatchSet.of(sample).with_crops(sample)
    if case.crops == 0:
        assert patches.crops is None
        return
    assert patches.crops is not None
    assert patches.crops.shape == (case.shape[0], case.crops, P * P)
    fit, stop = patches.learning(fold=1)
    values = patches.to_fit(fit)
    assert len(values) == fit.sum() + fit.any(axis=1).sum() * case.crops
    field = np.rint(values + sample.mean_adu).astype(int) // frames[0].size
    # each patch lies in one field, of those that are learnt from
    assert (field == field[:, :1]).all()
    allowed = set(np.flatnonzero(fit.any(axis=1)))
    assert set(field[:, 0]) == allowed
    assert not allowed & (set(np.flatnonzero(sample.fold == 1)) | set(np.flatnonzero(stop[:, 0])))


@pytest.mark.parametrize("top", [255, 65535])
def test_constants_may_be_followed_by_anything(top: int) -> None:
    y = np.ones((8, 9, P * P), dtype=np.uint16)
    y[3, 4, 5] = top
    frames = y.reshape(8, 3, 3, P, P).swapaxes(2, 3).reshape(8, 3 * P, 3 * P)
    found = estimate_information(frames, GaussianNoise(0.2), PixelCNN(TINY, SHORT), patch_size=P)
    assert math.isfinite(found.bits_per_pixel)
    assert found.details["held_out_bits"] > 0.1  # the fold that never saw it is surprised


def test_a_start_that_training_does_not_better_is_kept() -> None:
    frames, _ = template_frames(600, 13)
    patches = PatchSet.of(sample_of(frames))
    shape = replace(TINY, units=16)
    # steps as large as these only spoil
    spoiling = replace(SHORT, learning_rate=3.0)
    for k, fold in enumerate(cross_fit(patches, shape, Fitting(spoiling, quick(spoiling)))):
        stop = patches.y[patches.learning(k)[1]]
        assert (fold.start, fold.steps) == ("scenes", 0)
        assert fold.nats(stop).mean() == pytest.approx(fold.stop_nats, abs=1e-5)
