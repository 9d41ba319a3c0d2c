"""A lower bound that needs no noise model: I(Y^a; Y^b) <= I(X; Y) for two repeats of a scene.

Repeats are independent given the scene, so Y^a - X - Y^b is a Markov chain and the data-processing
inequality holds. I(Y^a; Y^b) itself is bounded from below by telling a scene's other repeat from
those of other scenes (InfoNCE: van den Oord, Li and Vinyals, arXiv 1807.03748; Poole et al., ICML
2019):

    mean_i [ -k_ii - ln mean_j exp(-k_ij) ],  k_ij = s |y_i^a - y_j^b|^2 / 2,  j: all, i too

for any scale s. It is chosen on one half of the scenes for the other, so that it is no fit. Other
places of the same field are among the j: without them eight fields of eight brightnesses would pass
for as many scenes as they have patches (`hil.information.lower` says more).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_SCENES = 2048  # per half
_SCALES = 2.0 ** -np.arange(9)


def repeat_bound_nats(repeats: Floats, rng: np.random.Generator) -> float:
    """Bound I(Y^a; Y^b) from below, nats per patch.

    Parameters
    ----------
    repeats
        (F, 2, T, d) patches of two repeats, in units of about their noise. More are of no use:
        averages know more of the scene than one measurement does.
    rng
        Draws the halves.
    """
    d = repeats.shape[-1]
    pairs = repeats.swapaxes(1, 2).reshape(-1, 2, d).astype(np.float32)
    pairs -= pairs.mean(axis=(0, 1))
    order = rng.permutation(len(pairs))[: 2 * _SCENES]
    halves = [_contrasts(pairs[half]) for half in np.array_split(order, 2)]
    means = np.array([half.mean(axis=1) for half in halves])
    # each half is judged by the scale that the other half likes best
    return float((means[0][means[1].argmax()] + means[1][means[0].argmax()]) / 2)


def _contrasts(pairs: NDArray[np.float32]) -> Floats:
    """(scales, n) what each scene contributes."""
    one, other = pairs[:, 0], pairs[:, 1]
    distance = one @ other.T
    distance *= -2
    distance += np.einsum("nd,nd->n", other, other)
    distance += np.einsum("nd,nd->n", one, one)[:, None]
    own = distance.diagonal().copy()
    nearest = distance.min(axis=1)
    distance -= nearest[:, None]
    rows = []
    for scale in _SCALES:
        total = np.exp(np.float32(-scale / 2) * distance).sum(axis=1, dtype=np.float64)
        rows.append(scale / 2 * (nearest - own) - np.log(total) + np.log(len(own)))
    return np.asarray(rows, dtype=np.float64)
