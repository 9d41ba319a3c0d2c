"""A mixture of scenes seen through the known noise, with the scenes found by EM.

y   : (n, R, d) patches, R repeats of a scene      mu  : (K, d) scenes as the measurement shows them
pi  : (K,) weights                                 r   : (n, K) responsibilities

    q(y) = sum_k pi_k p(y | mu_k)

The kernel p is known, so that there is nothing to fit but mu and pi (Bovy, Hogg and Roweis, Annals
of Applied Statistics 2011, with no width of their own). EM starts from `template_seeds`, on some of
the patches, and ends with a few steps on all. Repeats show one scene: they share responsibilities.

Each mean is shrunk towards that of all patches by the noise's share in its variance (James and
Stein), so that no scene is certain that a pixel is dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.mixture.channel_kernel import VarianceLines
from hil.information.densities.mixture.noise_kernel import NoiseKernel
from hil.information.densities.mixture.scenes import TemplateScenes
from hil.information.densities.mixture.seeds import responsibilities, seed_responsibilities

_SOME_SCENES = 4096  # enough to find the scenes by
_STEPS = 60
_WHOLE_STEPS = 3  # of EM on all patches, after those on some
_TOLERANCE = 1e-6  # nats per pixel
_NEAREST = 4  # scenes of a patch that are looked up in the exact distribution
_CHUNK = 2**13  # patches at a time


@dataclass(frozen=True, slots=True)
class TemplateMixture:
    """See the module.

    Parameters
    ----------
    kernel
        The noise.
    means
        (K, d) mu, ADU.
    log_weights
        (K,) ln pi.
    """

    kernel: NoiseKernel
    means: Floats
    log_weights: Floats

    def nats_per_pixel(self, patches: Floats) -> Floats:
        """-ln q of each patch (n, d) divided by d, (n,)."""
        parts = [
            self._nats(patches[i : i + _CHUNK].astype(np.float64))
            for i in range(0, patches.shape[0], _CHUNK)
        ]
        return np.concatenate(parts)

    def _nats(self, y: Floats) -> Floats:
        from scipy.special import logsumexp

        joint = self.joint(self.kernel.features(y), 1) + self.kernel.base(y)[:, None]
        k = min(_NEAREST, self.log_weights.size)
        near = np.argpartition(-joint, k - 1, axis=1)[:, :k]
        exact = self.kernel.exact(y, self.means[near])
        total = logsumexp(joint, axis=1) if exact is None else 0.0
        if exact is not None:
            total = logsumexp(exact + self.log_weights[near], axis=1)
        result: Floats = -np.asarray(total) / y.shape[1]
        return result

    def joint(self, features: Floats, n_repeats: int) -> Floats:
        """(n, K) ln of weight times likelihood, but for what depends on y alone."""
        weights, constants = self.kernel.coefficients(self.means)
        result: Floats = n_repeats * (features @ weights.T + constants) + self.log_weights
        return result


def fit_templates(
    kernel: NoiseKernel, scenes: TemplateScenes, lines: VarianceLines, rng: np.random.Generator
) -> TemplateMixture:
    """Find the scenes of patches.

    Parameters
    ----------
    kernel
        The noise.
    scenes
        What to fit to.
    lines
        The noise's variance.
    rng
        For the seeds, and for which patches they are looked for among.
    """
    repeats, centre = scenes.n_repeats, _centre(scenes)
    distance = _distances(scenes, centre)
    prior = _Prior.of(centre, float(distance.mean()), repeats, lines)
    some = _some(distance, rng)
    y = scenes.at(some)
    u = lines.stabilised(y).mean(axis=1)
    mean = y.mean(axis=1)
    r = seed_responsibilities(u, repeats, rng)
    model = prior.maximised(kernel, r.sum(axis=0), r.T @ mean)
    block = _averaged(kernel, y)
    model = _converged(model, lambda: [block], prior, some.size, _STEPS)
    if some.size == len(scenes):
        return model

    def everything() -> Iterator[_Block]:
        return (_averaged(kernel, group) for group in scenes.groups())

    return _converged(model, everything, prior, len(scenes), _WHOLE_STEPS)


def _centre(scenes: TemplateScenes) -> Floats:
    """(d,) mean of all patches, ADU."""
    total = np.zeros(scenes.values_per_patch)
    for y in scenes.groups():
        total += y.mean(axis=1).sum(axis=0)
    return total / len(scenes)


def _distances(scenes: TemplateScenes, centre: Floats) -> Floats:
    """(n,) squares of each scene's distance from the mean of all, ADU^2."""
    parts = (y.mean(axis=1) - centre for y in scenes.groups())
    return np.concatenate([np.einsum("nd,nd->n", about, about) for about in parts])


def _some(distance: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Choose scenes in the order of a number of their own: where they were does not matter.

    It stays what it is when frames are turned, mirrored or shifted in value.
    """
    order = np.argsort(distance, kind="stable")
    if order.size <= _SOME_SCENES:
        return order
    return order[rng.permutation(order.size)[:_SOME_SCENES]]


class _Block(NamedTuple):
    """What EM needs of some scenes, averaged over repeats: features (n, F) and mean (n, d)."""

    features: Floats
    mean: Floats


def _averaged(kernel: NoiseKernel, y: Floats) -> _Block:
    n, repeats, d = y.shape
    features = kernel.features(y.reshape(-1, d)).reshape(n, repeats, -1).mean(axis=1)
    return _Block(features, y.mean(axis=1))


@dataclass(frozen=True, slots=True)
class _Prior:
    """What is known of a scene before any patch is.

    Parameters
    ----------
    mean
        (d,) ADU.
    count
        How many scenes' worth of patches it counts for.
    n_repeats
        R.
    """

    mean: Floats
    count: float
    n_repeats: int

    @classmethod
    def of(cls, centre: Floats, distance: float, n_repeats: int, lines: VarianceLines) -> _Prior:
        """Weigh it by the noise's share in the mean ``distance`` of scenes from ``centre``."""
        noise = max(float(lines.variance(centre).mean()), 1e-12) / n_repeats
        scene = distance / centre.size - noise
        return cls(centre, noise / max(scene, 0.01 * noise), n_repeats)

    def maximised(self, kernel: NoiseKernel, count: Floats, sums: Floats) -> TemplateMixture:
        """M: scenes and weights.

        Parameters
        ----------
        count
            (K,) sum of the responsibilities of each scene.
        sums
            (K, d) sum of patches, so weighted.
        """
        kept = count > 0.5  # a scene that nothing belongs to
        count, sums = count[kept], sums[kept]
        means = (sums + self.count * self.mean) / (count + self.count)[:, None]
        return TemplateMixture(kernel, means, np.log(count / count.sum()))


def _converged(
    model: TemplateMixture,
    blocks: Callable[[], Iterable[_Block]],
    prior: _Prior,
    n: int,
    steps: int,
) -> TemplateMixture:
    """Take steps of EM on the ``n`` scenes of all blocks, as long as they pay."""
    before = -np.inf
    for _ in range(steps):
        count = np.zeros(model.log_weights.size)
        sums, likelihood = np.zeros_like(model.means), 0.0
        for block in blocks():
            r, nats = responsibilities(model.joint(block.features, prior.n_repeats))
            count += r.sum(axis=0)
            sums += r.T @ block.mean
            likelihood += nats
        if likelihood - before < _TOLERANCE * n * prior.mean.size:
            break
        before = likelihood
        model = prior.maximised(model.kernel, count, sums)
    return model
