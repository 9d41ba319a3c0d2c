"""Smooth scenes."""

from __future__ import annotations

import numpy as np


def place(p: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(p), np.arange(p), indexing="ij"), axis=-1).reshape(-1, 2)


def smooth_scenes(n: int, p: int, rng: np.random.Generator) -> np.ndarray:
    """(n, p, p) Gaussian scenes of unit variance."""
    apart = np.linalg.norm(place(p)[:, None] - place(p)[None], axis=-1)
    factor = np.linalg.cholesky(np.exp(-apart / 3))
    return (rng.standard_normal((n, p * p)) @ factor.T).reshape(n, p, p)
