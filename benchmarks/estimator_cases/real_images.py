"""Real images with noise added: all our densities, and the reference's PixelCNN given equal time.

A near-infrared Landsat band, a cell's phase, stained nuclei (where mahotas is installed). Images
are cut into fields of 32 x 32 pixels, every fifth of which is held out from one network of the
reference; ours are cross-fitted, and compared on the very same fields. All bounds are the held-out
cross-entropy less the same H(Y|X), bits per pixel: the lower, the closer to the information.

The reference's one network has as many seconds of one processor as all our families with all their
folds took, and not less than `LEAST_SECONDS`.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.estimator_cases import reference
from benchmarks.estimator_cases.table import Row
from drivers.types import Floats
from hil.information import estimate_information
from hil.information.estimators import find_estimator
from hil.information.registry import CrossEntropy, estimators_that
from hil.information.sample.sample import Sample
from hil.noise import GaussianNoise, NoiseModel, PoissonNoise

P, FIELD, SIDE = 8, 32, 320
SEEDS = 3
LEAST_SECONDS = 120.0
BEST = estimators_that(lambda traits: traits.compared != "never")


def landsat() -> Floats:
    path = Path(__file__).parent.parent / "data" / "landsat7_olinda_band4.npz"
    with np.load(path) as file:
        return np.asarray(file["band"], dtype=np.float64)


def cell() -> Floats:
    from skimage.data import cell as image

    return np.asarray(image(), dtype=np.float64)


def nuclei() -> Floats:
    from mahotas.demos import nuclear_image

    return np.asarray(nuclear_image()[..., 0], dtype=np.float64)


def images() -> dict[str, Callable[[], Floats]]:
    found = {"Landsat band": landsat, "cell": cell}
    if importlib.util.find_spec("mahotas") is not None:
        found["nuclei"] = nuclei
    return found


def fields(image: Floats) -> Floats:
    """(n, FIELD, FIELD) tiles of the middle of an image."""
    top, left = ((length - SIDE) // 2 for length in image.shape)
    n = SIDE // FIELD
    middle = image[top : top + SIDE, left : left + SIDE].reshape(n, FIELD, n, FIELD)
    return middle.swapaxes(1, 2).reshape(-1, FIELD, FIELD)


def gaussian(x: Floats, sigma_adu: float, rng: np.random.Generator) -> tuple[Floats, NoiseModel]:
    """Scale to a standard deviation of 100 ADU, and add noise."""
    scaled = 1000 + 100 * (x - x.mean()) / x.std()
    return scaled + sigma_adu * rng.standard_normal(x.shape), GaussianNoise(sigma_adu)


def photons(x: Floats, mean: float, rng: np.random.Generator) -> tuple[Floats, NoiseModel]:
    """Count photons, so many in the mean."""
    return rng.poisson(mean * x / x.mean()).astype(np.float64), PoissonNoise()


NOISE: dict[str, Callable[[Floats, np.random.Generator], tuple[Floats, NoiseModel]]] = {
    "noise of 10 %": lambda x, rng: gaussian(x, 10, rng),
    "noise of 50 %": lambda x, rng: gaussian(x, 50, rng),
    "200 photons": lambda x, rng: photons(x, 200, rng),
    "20 photons": lambda x, rng: photons(x, 20, rng),
}


@dataclass
class Kept:
    """An estimator that keeps what it found.

    Parameters
    ----------
    name
        Of the estimator.
    """

    name: str
    sample: Sample | None = None
    entropy: CrossEntropy | None = None

    @property
    def needed_patches(self) -> int:
        """See `PatchEstimator`."""
        return find_estimator(self.name).needed_patches

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        self.sample, self.entropy = sample, find_estimator(self.name).cross_entropy(sample)
        return self.entropy


@dataclass(frozen=True)
class Bound:
    """What one density found: held-out bits of each field, and seconds of one processor."""

    bits: Floats
    seconds: float


@dataclass(frozen=True)
class Measured:
    """What all our densities found.

    Parameters
    ----------
    bounds
        By estimator.
    sample
        Fields, folds and patches.
    known_nats
        H(Y|X) per pixel.
    """

    bounds: dict[str, Bound]
    sample: Sample
    known_nats: float

    def least(self, names: tuple[str, ...]) -> str:
        """Name the one that ``best`` takes of these."""
        return min(names, key=lambda name: float(self.bounds[name].bits.mean()))

    @property
    def seconds(self) -> float:
        """Of one processor, all densities together."""
        return sum(bound.seconds for bound in self.bounds.values())


def measure(frames: Floats, noise: NoiseModel, names: tuple[str, ...], seed: int) -> Measured:
    """Fit our densities."""
    bounds = {}
    for name in names:
        kept = Kept(name)
        started = time.process_time()
        found = estimate_information(frames, noise, kept, P, seed=seed)
        seconds = time.process_time() - started
        assert kept.entropy is not None
        assert kept.sample is not None
        entropy = kept.entropy
        nats = entropy.held_out_nats if entropy.bound_nats is None else entropy.bound_nats
        bits = (nats.mean(axis=1) - found.h_y_given_x_nats) / math.log(2)
        bounds[name] = Bound(bits, seconds)
    return Measured(bounds, kept.sample, found.h_y_given_x_nats)


def reference_bits(ours: Measured, seconds: float, seed: int) -> float:
    """Give the bound of the reference's PixelCNN on the fields of fold 0."""
    sample = ours.sample
    aside = sample.fold == 0
    train, test = (
        sample.raw_patches[fields].reshape(-1, P, P).astype(np.float64)
        for fields in (~aside, aside)
    )
    nats = reference.pixelcnn_nats(train, test, seed, sample.discrete, seconds)
    return (nats - ours.known_nats) / math.log(2)


def rows(n_seeds: int) -> Iterator[Row]:
    """Our bounds less the reference's, on the same fields; alone, our bounds."""
    names = (*BEST, "pixelcnn")
    for says, image in images().items():
        x = fields(image())
        for level, add in NOISE.items():
            found = []
            for seed in range(min(n_seeds, SEEDS)):
                frames, noise = add(x, np.random.default_rng(seed))
                ours = measure(frames, noise, names, seed)
                its = math.nan
                if reference.installed():
                    its = reference_bits(ours, max(LEAST_SECONDS, ours.seconds), seed)
                found.append((ours, its))
            yield from _rows(f"{says}, {level}", found)


def _rows(says: str, found: list[tuple[Measured, float]]) -> Iterator[Row]:
    for family, names in (("best", BEST), ("best+pixelcnn", (*BEST, "pixelcnn"))):
        chosen = [ours.least(names) for ours, _ in found]
        bits = [
            float(ours.bounds[name].bits[ours.sample.fold == 0].mean())
            for (ours, _), name in zip(found, chosen, strict=True)
        ]
        less = [own - its for own, (_, its) in zip(bits, found, strict=True)]
        seconds = [sum(ours.bounds[name].seconds for name in names) for ours, _ in found]
        its = float(np.mean([its for _, its in found]))
        yield Row(
            f"{family} less reference: {says}",
            float(np.mean(less)),
            float(np.std(less)),
            float(np.median(seconds)),
            "" if math.isnan(its) else f"bound {its:.4f}",
            "not above 0",
            f"bound {np.mean(bits):.4f}; {', '.join(sorted(set(chosen)))}; "
            "seconds of one processor",
        )
