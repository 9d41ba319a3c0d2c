"""`whole_frame` on scenes of known information: `python benchmarks/whole_frames.py [DRAWS]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hil.information import estimate_information
from hil.noise import GaussianNoise

NOISE_ADU = 10.0
Frames = NDArray[np.float64]


def low_rank(
    rng: np.random.Generator, n: int, side: int, powers: NDArray[np.float64]
) -> tuple[Frames, float]:
    """Frames with these powers in directions of chance, and bits per pixel."""
    directions = np.linalg.qr(rng.standard_normal((side**2, len(powers))))[0]
    scene = (rng.standard_normal((n, len(powers))) * np.sqrt(powers)) @ directions.T
    frames = 500 + NOISE_ADU * (scene + rng.standard_normal(scene.shape))
    return frames.reshape(n, side, side), float(0.5 * np.log2(1 + powers).sum() / side**2)


def templates(
    rng: np.random.Generator, n: int, side: int, kinds: int, contrast: float
) -> tuple[Frames, float]:
    """Frames of equally likely white templates, and bits per pixel by Monte Carlo."""
    scenes = contrast * rng.standard_normal((kinds, side**2))

    def seen(number: int) -> Frames:
        drawn: Frames = scenes[rng.integers(kinds, size=number)]
        return drawn + rng.standard_normal((number, side**2))

    fresh = seen(4000)
    log_likelihood = fresh @ scenes.T - 0.5 * (scenes**2).sum(axis=1)
    log_likelihood -= log_likelihood.max(axis=1, keepdims=True)
    posterior = np.exp(log_likelihood)
    posterior /= posterior.sum(axis=1, keepdims=True)
    left = -(posterior * np.log2(np.maximum(posterior, 1e-300))).sum(axis=1).mean()
    frames = 500 + NOISE_ADU * seen(n).reshape(n, side, side)
    return frames, float((np.log2(kinds) - left) / side**2)


def cases(rng: np.random.Generator) -> Iterator[tuple[str, tuple[Frames, float]]]:
    """Draw every case once."""
    yield "3 directions, 16 x 16", low_rank(rng, 300, 16, np.array([1000.0, 10.0, 3.0]))
    yield "20 directions, 32 x 32", low_rank(rng, 300, 32, np.geomspace(1e4, 2, 20))
    yield (
        "60 directions, some below the noise, 32 x 32",
        low_rank(rng, 300, 32, np.geomspace(1e4, 0.1, 60)),
    )
    yield "30 equal directions, 16 x 16", low_rank(rng, 300, 16, np.full(30, 5.0))
    yield "60 frames, 20 directions, 64 x 64", low_rank(rng, 60, 64, np.geomspace(1e4, 2, 20))
    yield "8 templates, 16 x 16", templates(rng, 300, 16, 8, 0.5)
    yield "16 templates, 16 x 16", templates(rng, 300, 16, 16, 1.0)
    yield "24 templates, 32 x 32", templates(rng, 300, 32, 24, 0.5)
    yield "16 faint templates, 16 x 16", templates(rng, 300, 16, 16, 0.3)


def main() -> None:
    """Print errors of each case over draws."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    errors: dict[str, list[tuple[float, float, bool]]] = {}
    for seed in range(draws):
        for name, (frames, truth) in cases(np.random.default_rng(seed)):
            found = estimate_information(frames, GaussianNoise(NOISE_ADU), "whole_frame")
            covered = found.ci_low <= truth <= found.ci_high
            errors.setdefault(name, []).append((truth, found.bits_per_pixel - truth, covered))
    print("| scene | truth | mean error | largest | interval holds it |\n|---|---|---|---|---|")
    for name, rows in errors.items():
        truth, error, covered = map(np.array, zip(*rows, strict=True))
        print(
            f"| {name} | {truth.mean():.4f} | {error.mean():+.4f} | {np.abs(error).max():.4f} "
            f"| {covered.sum()} of {draws} |"
        )


if __name__ == "__main__":
    main()
