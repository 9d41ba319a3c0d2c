"""What a search spends on once it has found the best: a mirror's eight modes, without frames.

Information as a microscope with a circular pupil has it, from its transfer function: mean over
frequencies of log2(1 + S |OTF|^2) / 2, S falling with the third power. 10, 20, 30 and 60 nm rms
cost 0.7, 2.9, 6.2 and 23 % of it, as the demo's do. Eight fields of view, a trial on one of them as
`fields = "as needed"` has it, noise of 0.4 % or as said: one frame of the demo has 0.9 % near its
best settings.

    python benchmarks/standstill.py [seeds] [trials] [first seed] [noise, percent]

95 %, 99 %: trials until the truth of one was so much of the best. preferred: truth of what the
model prefers at the end. for nothing: trials after the first with 95 % that had less than 70 %,
of how many.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import optuna
from optuna.distributions import FloatDistribution

from hil.proposer import InformationSampler
from hil.proposer.attributes import FIELDS_ATTR, SD_ATTR

MODES, RANGE_NM, WAVELENGTH_NM = 8, 100.0, 520.0
NOISE_PERCENT = 0.4
FIELDS, TRIALS_A_FIELD = 8, 36
PIXELS = 32  # across the pupil; twice as many across its transform


def modes() -> tuple[np.ndarray, np.ndarray]:
    """Where the pupil is, and Noll's modes 4 to 11 on it, orthonormal there."""
    y, x = np.mgrid[-1 : 1 : PIXELS * 1j, -1 : 1 : PIXELS * 1j]
    r, t = np.hypot(x, y), np.arctan2(y, x)
    inside = r <= 1
    shapes = (
        2 * r**2 - 1,
        r**2 * np.sin(2 * t),
        r**2 * np.cos(2 * t),
        (3 * r**3 - 2 * r) * np.sin(t),
        (3 * r**3 - 2 * r) * np.cos(t),
        r**3 * np.sin(3 * t),
        r**3 * np.cos(3 * t),
        6 * r**4 - 6 * r**2 + 1,
    )
    flat = np.array([np.ones(inside.sum()), *(one[inside] for one in shapes)])
    orthonormal = np.linalg.qr(flat.T)[0].T[1:] * np.sqrt(inside.sum())
    found = np.zeros((MODES, *inside.shape))
    found[:, inside] = orthonormal
    return inside, found


INSIDE, SHAPES = modes()
FREQUENCY = np.hypot(*np.meshgrid(*[2 * np.fft.fftfreq(2 * PIXELS)] * 2))
SIGNAL = 30.0 / np.maximum(FREQUENCY, 1 / PIXELS) ** 3
SIGNAL[0, 0] = 0.0


def information(left_nm: np.ndarray) -> float:
    """Bits per pixel where (8,) modes are left of an aberration, nm rms."""
    pupil = np.zeros((2 * PIXELS, 2 * PIXELS), complex)
    phase = 2 * np.pi / WAVELENGTH_NM * np.tensordot(left_nm, SHAPES, 1)
    pupil[:PIXELS, :PIXELS] = INSIDE * np.exp(1j * phase)
    transfer = np.fft.fft2(np.abs(np.fft.fft2(pupil)) ** 2)
    return float(np.mean(0.5 * np.log2(1 + SIGNAL * np.abs(transfer / transfer[0, 0].real) ** 2)))


def session(seed: int, trials: int, noise_sd: float) -> tuple[list[float], float]:
    """Truth of each trial and of what is preferred in the end, over the best."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=MODES)
    hidden *= rng.uniform(80, 105) / np.linalg.norm(hidden)
    level = np.exp(0.08 * rng.normal(size=FIELDS))
    slopes = 0.02 * rng.normal(size=(FIELDS, MODES)) / RANGE_NM
    order = np.random.default_rng((seed, 2)).permutation(FIELDS)
    axes = {f"z{i}": FloatDistribution(-RANGE_NM, RANGE_NM) for i in range(4, 4 + MODES)}
    best = information(np.zeros(MODES))

    def truth(params: dict[str, float]) -> float:
        return information(np.array([params[name] for name in axes]) + hidden) / best

    sampler = InformationSampler(search_space=axes, seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.enqueue_trial(dict.fromkeys(axes, 0.0))
    noise = np.random.default_rng((seed, 1))
    truths = []
    for number in range(trials):
        trial = study.ask(dict(axes))
        truths.append(truth(trial.params))
        field = int(order[number // TRIALS_A_FIELD % FIELDS])
        shown = level[field] * np.exp(slopes[field] @ [trial.params[name] for name in axes])
        trial.set_user_attr(SD_ATTR, noise_sd)
        trial.set_user_attr(FIELDS_ATTR, [field])
        study.tell(trial, truths[-1] * shown * (1 + noise_sd * noise.normal()))
    preferred = sampler.preferred(study, axes, trials)
    return truths, truth(preferred) if preferred else float("nan")


def first(truths: list[float], enough: float) -> float:
    """Trials until one is good enough; infinite where none is."""
    return next((i + 1 for i, one in enumerate(truths) if one >= enough), float("inf"))


def main(n_seeds: int, trials: int, first_seed: int, noise_percent: float) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print("seed   95 %   99 %  preferred  for nothing  s of processor")
    reached, kept = [], []
    for seed in range(first_seed, first_seed + n_seeds):
        began = time.process_time()
        truths, preferred = session(seed, trials, noise_percent / 100)
        found = first(truths, 0.95)
        reached.append(found)
        kept.append(preferred)
        after = truths[int(found) :] if np.isfinite(found) else []
        wasted = sum(one < 0.7 for one in after)
        print(
            f"{seed:4d} {found:6.0f} {first(truths, 0.99):6.0f} {preferred:10.1%}"
            f" {wasted:6d} of {len(after):2d} {time.process_time() - began:8.0f}",
            flush=True,
        )
    never = int(np.isinf(reached).sum())
    print(f"median {np.median(reached):.1f}, never {never} of {n_seeds};", end=" ")
    print(f"preferred {np.nanmedian(kept):.1%}, worst {np.nanmin(kept):.1%}")


if __name__ == "__main__":
    words = sys.argv[1:]
    n_seeds, trials, first_seed = [int(word) for word in words[:3]] + [6, 44, 1][len(words[:3]) :]
    main(n_seeds, trials, first_seed, float(words[3]) if words[3:] else NOISE_PERCENT)
