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

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hil.information.channel_kernel import VarianceLines
from hil.information.noise_kernel import NoiseKernel
from hil.information.template_seeds import responsibilities, seed_responsibilities

Floats = NDArray[np.float64]

_SOME_SCENES = 4096  # enough to find the scenes by
_STEPS = 60
_WHOLE_STEPS = 3  # of EM on all patches, after those on some
_TOLERANCE = 1e-6  # nats per pixel
_NEAREST = 4  # scenes of a patch that are looked up in the exact law
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
    kernel: NoiseKernel, y: Floats, lines: VarianceLines, rng: np.random.Generator
) -> TemplateMixture:
    """Find the scenes of patches.

    Parameters
    ----------
    kernel
        The noise.
    y
        (n, R, d) patches, ADU.
    lines
        The noise's variance.
    rng
        For the seeds, and for which patches they are looked for among.
    """
    n, repeats, d = y.shape
    y = y[_canonical_order(y.mean(axis=1))]
    features = kernel.features(y.reshape(-1, d)).reshape(n, repeats, -1).mean(axis=1)
    everything = _Training.of(features, y.mean(axis=1), repeats, lines)
    some, training = np.arange(n), everything
    if n > _SOME_SCENES:
        some = rng.permutation(n)[:_SOME_SCENES]
        training = replace(everything, features=features[some], mean=everything.mean[some])
    u = lines.stabilised(y[some]).mean(axis=1)
    model = training.maximised(kernel, seed_responsibilities(u, repeats, rng))
    model = _converged(model, training, _STEPS)
    return model if n == some.size else _converged(model, everything, _WHOLE_STEPS)


def _canonical_order(mean: Floats) -> NDArray[np.intp]:
    """Order patches by a number of their own, so that seeds do not depend on where they were.

    It stays what it is when frames are turned, mirrored or shifted in value.
    """
    about = mean - mean.mean(axis=0)
    return np.argsort(np.einsum("nd,nd->n", about, about), kind="stable")


@dataclass(frozen=True, slots=True)
class _Training:
    """What EM needs of the patches, averaged over repeats, and what is known before they are seen.

    Parameters
    ----------
    features
        (n, F) of the kernel.
    mean
        (n, d) ADU.
    n_repeats
        R.
    prior_mean
        (d,) ADU.
    prior_count
        How many scenes' worth of patches it counts for.
    """

    features: Floats
    mean: Floats
    n_repeats: int
    prior_mean: Floats
    prior_count: float

    @classmethod
    def of(cls, features: Floats, mean: Floats, n_repeats: int, lines: VarianceLines) -> _Training:
        centre = mean.mean(axis=0)
        noise = max(float(lines.variance(centre).mean()), 1e-12) / n_repeats
        scene = float(mean.var(axis=0).mean()) - noise
        return cls(features, mean, n_repeats, centre, noise / max(scene, 0.01 * noise))

    def maximised(self, kernel: NoiseKernel, r: Floats) -> TemplateMixture:
        """M: scenes and weights from responsibilities."""
        count = r.sum(axis=0)
        kept = count > 0.5  # a scene that nothing belongs to
        count, r = count[kept], r[:, kept]
        sums = r.T @ self.mean + self.prior_count * self.prior_mean
        means = sums / (count + self.prior_count)[:, None]
        return TemplateMixture(kernel, means, np.log(count / count.sum()))


def _converged(model: TemplateMixture, training: _Training, steps: int) -> TemplateMixture:
    n, d = training.mean.shape
    before = -np.inf
    for _ in range(steps):
        r, likelihood = responsibilities(model.joint(training.features, training.n_repeats))
        if likelihood - before < _TOLERANCE * n * d:
            break
        before = likelihood
        model = training.maximised(model.kernel, r)
    return model
