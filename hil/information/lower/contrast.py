"""How much two measurements of a scene know of each other: a lower bound by telling pairs apart.

a_i, b_i : two measurements of scene i, (d,)      T : any function, the critic

    I(a; b) >= mean_i ln [ exp T(a_i, b_i) / mean_j exp T(a_i, b_j) ],   j: all scenes, i too

(InfoNCE: van den Oord, Li and Vinyals, arXiv 1807.03748; Poole et al., ICML 2019). It holds for
every critic that was not fitted to these scenes, and never says more than ln N: nothing that needs
no assumption can (McAllester and Stratos, AISTATS 2020). Other places of the same field are among
the j: what a whole field has in common, its brightness say, so counts as one of F, and a few fields
that happen to differ do not pass for ln N.

The critic is ln p(b | a) / p(b) of Gaussians in canonical directions, where the two are correlated
by rho_j one by one, or minus a squared distance: for scenes that are few, or hardly Gaussian. All
of it comes from the other half of the fields: directions from one part of them, rho, how many
directions and how sure to be from another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

FEWEST_FIELDS = 4
_SCENES, _TRIED = 2048, 512
_MOST_DIRECTIONS = 64
_SCENES_A_DIRECTION = 8
_LEAST_SHARE = 1e-6  # of the largest variance
_MOST_RHO = 0.999
_SURENESS = (1.0, 0.5, 0.25)
_SCALES = 2.0 ** -np.arange(0, 9, 2)


@dataclass(frozen=True, slots=True)
class Contrast:
    """What was found, nats per scene.

    Parameters
    ----------
    per_field
        (F,) mean over the scenes of each field.
    most
        What no number of this kind can exceed: ln N.
    """

    per_field: Floats
    most: float


@dataclass(frozen=True, slots=True)
class _Critic:
    """T(a, b) = u(a) . v(b) - w(b), what depends on a alone left out.

    u = v = (y - centre) @ directions; weights of the products, and of the squares of v.
    """

    centre: Floats
    directions: Floats
    product: Floats
    square: Floats

    def table(self, a: Floats, b: Floats) -> NDArray[np.float32]:
        """(n_a, n_b) T of all pairs."""
        u = ((a - self.centre) @ self.directions).astype(np.float32)
        v = ((b - self.centre) @ self.directions).astype(np.float32)
        own = (v**2) @ self.square.astype(np.float32)
        result: NDArray[np.float32] = (u * self.product.astype(np.float32)) @ v.T - own
        return result


def contrast(pairs: Floats, rng: np.random.Generator) -> Contrast:
    """Bound I(a; b) from below.

    Parameters
    ----------
    pairs
        (F, 2, T, d) of F fields, at least four; in units in which noise is about the same anywhere.
    rng
        Draws scenes where they are too many.
    """
    n_fields = len(pairs)
    half = np.arange(n_fields) % 2
    per_field = np.empty(n_fields)
    most = math.inf
    for side in (0, 1):
        critic = _best_critic(pairs[half != side], rng)
        a, b, field = _scenes(pairs[half == side], _SCENES, rng)
        nats = _told_apart(critic.table(a, b))
        per_field[half == side] = np.bincount(field, nats) / np.bincount(field)
        most = min(most, math.log(len(nats)))
    return Contrast(per_field, most)


def _scenes(
    pairs: Floats, most: int, rng: np.random.Generator
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Draw equally many scenes of each field: a and b (n, d), and which field (n,)."""
    n_fields, _, n_places, _ = pairs.shape
    each = min(n_places, max(1, most // n_fields))
    chosen = np.stack([rng.permutation(n_places)[:each] for _ in range(n_fields)])
    own = np.take_along_axis(pairs, chosen[:, None, :, None], axis=2)
    a, b = (own[:, r].reshape(-1, pairs.shape[-1]) for r in (0, 1))
    return a, b, np.repeat(np.arange(n_fields), each)


def _told_apart(table: NDArray[np.float32]) -> Floats:
    """Give what each scene contributes, nats."""
    highest = table.max(axis=1, keepdims=True)
    total = np.exp(table - highest).sum(axis=1, dtype=np.float64)
    own = (table.diagonal() - highest[:, 0]).astype(np.float64)
    result: Floats = own - np.log(total) + math.log(len(table))
    return result


def _best_critic(pairs: Floats, rng: np.random.Generator) -> _Critic:
    """Choose by how well it tells pairs of the second part of the fields apart."""
    middle = max(1, len(pairs) // 2)
    first, second = pairs[:middle], pairs[middle:]
    a, b, _ = _scenes(second, _TRIED, rng)
    best, most = None, -math.inf
    for critic in _critics(first, second, rng):
        value = float(_told_apart(critic.table(a, b)).mean())
        if value > most:
            best, most = critic, value
    assert best is not None, "there are always some"
    return best


def _critics(first: Floats, second: Floats, rng: np.random.Generator) -> Iterator[_Critic]:
    a, b, _ = _scenes(first, 4 * _SCENES, rng)
    directions, centre = _directions(a, b)
    u, v = (second[:, r].reshape(-1, second.shape[-1]) - centre for r in (0, 1))
    u, v = u @ directions, v @ directions
    u, v = u - u.mean(axis=0), v - v.mean(axis=0)
    power = (np.mean(u**2, axis=0) + np.mean(v**2, axis=0)) / 2
    rho = np.clip(np.mean(u * v, axis=0) / np.maximum(power, 1e-30), 0.0, _MOST_RHO)
    order = np.argsort(-rho)
    scaled = directions / np.sqrt(np.maximum(power, 1e-30))
    for n in {min(k, rho.size) for k in (1, 4, 16, _MOST_DIRECTIONS)}:
        r = rho[order[:n]]
        for sure in _SURENESS:
            yield _Critic(
                centre,
                scaled[:, order[:n]],
                sure * r / (1 - r**2),
                sure * r**2 / (1 - r**2) / 2,
            )
    basis = np.eye(centre.size)
    if centre.size > _MOST_DIRECTIONS:
        basis = directions[:, order]
        basis = np.linalg.qr(basis)[0]
    ones = np.ones(basis.shape[1])
    for scale in _SCALES:
        yield _Critic(centre, basis, scale * ones, scale * ones / 2)


def _directions(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """(d, k) in which a and b are most correlated, one by one, and the mean (d,)."""
    from scipy.linalg import eigh

    centre = (a.mean(axis=0) + b.mean(axis=0)) / 2
    a, b = a - centre, b - centre
    n, d = a.shape
    power = (a.T @ a + b.T @ b) / (2 * n)
    k = max(1, min(d, _MOST_DIRECTIONS, n // _SCENES_A_DIRECTION))
    values, vectors = eigh(power, subset_by_index=(d - k, d - 1))
    kept = vectors[:, values > _LEAST_SHARE * values[-1]] if values[-1] > 0 else vectors[:, -1:]
    u, v = a @ kept, b @ kept
    within = (u.T @ u + v.T @ v) / (2 * n)
    across = (u.T @ v + v.T @ u) / (2 * n)
    ridge = np.eye(len(within)) * max(1e-6 * float(np.trace(within)) / len(within), 1e-12)
    _, turned = eigh(across, within + ridge)
    result: Floats = kept @ turned
    return result, centre
