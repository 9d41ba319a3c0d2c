"""Fit a network to encoded patches: Adam, a cosine schedule, averaged weights, early stopping.

What is judged, on patches set aside for it, is the running average of the weights (Polyak and
Juditsky 1992), which needs no slow end of the schedule to settle. The start is judged first: a
network that learns nothing leaves what it started from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.neural.binned_mixture import log_density, log_probability
from hil.information.densities.neural.coding import Encoded
from hil.information.densities.neural.network import Network

Tensor = torch.Tensor
Weights = Mapping[str, Tensor]
M = TypeVar("M", bound=torch.nn.Module)

_CHUNK_PIXELS = 2**15  # judged at once
_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a network is fitted.

    Parameters
    ----------
    steps
        At most.
    batch_pixels
        Pixels of one step.
    learning_rate
        At the top of the cosine.
    warm_up
        Steps until then.
    check_every
        Steps between looks at the patches set aside.
    patience
        Looks without gain before stopping.
    least_gain_nats
        Per pixel, over the best so far, that counts as one.
    averaging
        Decay of the averaged weights.
    """

    steps: int = 400
    batch_pixels: int = 8192
    learning_rate: float = 6e-3
    warm_up: int = 10
    check_every: int = 20
    patience: int = 3
    least_gain_nats: float = 2e-4
    averaging: float = 0.95

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far training is.

    Parameters
    ----------
    fold, n_folds
        Which network of how many.
    step, steps
        Of at most how many.
    start_nats, best_nats
        Cross-entropy per pixel of the patches set aside: of the start, and the best so far.
    """

    fold: int
    n_folds: int
    step: int
    steps: int
    start_nats: float
    best_nats: float


@dataclass(frozen=True, slots=True)
class Tensors:
    """`Encoded` patches on a device, with their labels."""

    x: Tensor
    linear: Tensor
    z: Tensor
    below: Tensor | None
    above: Tensor | None
    log_slope: float
    label: Tensor | None = None

    @classmethod
    def of(
        cls, patches: Encoded, device: torch.device, label: NDArray[np.intp] | None = None
    ) -> Tensors:
        """Move to a device."""

        def moved(values: NDArray[np.float32] | None) -> Tensor | None:
            return None if values is None else torch.from_numpy(values).to(device)

        return cls(
            torch.from_numpy(patches.x).to(device),
            torch.from_numpy(patches.linear).to(device),
            torch.from_numpy(patches.z).to(device),
            moved(patches.below),
            moved(patches.above),
            patches.log_slope,
            None if label is None else torch.from_numpy(label.astype(np.int64)).to(device),
        )

    def take(self, index: Tensor | slice) -> Tensors:
        """Select some of the patches."""
        below, above, label = (
            None if values is None else values[index]
            for values in (self.below, self.above, self.label)
        )
        return Tensors(
            self.x[index], self.linear[index], self.z[index], below, above, self.log_slope, label
        )

    def __len__(self) -> int:
        return len(self.x)


def patch_nats(network: Network, patches: Tensors) -> Tensor:
    """-log q of each patch, (n,) nats, summed over its entries."""
    log_pi, mu, s = network(patches.x, patches.linear, patches.z, patches.label)
    z = patches.z.reshape(-1)
    if patches.below is None or patches.above is None:
        log_f = log_density(z, log_pi, mu, s)
    else:
        below, above = patches.below.reshape(-1), patches.above.reshape(-1)
        log_f = log_probability(z, below, above, log_pi, mu, s)
    return -log_f.view(len(patches), -1).sum(dim=1) - patches.log_slope


@torch.no_grad()
def score(model: M, patches: Tensors, loss: Callable[[M, Tensors], Tensor]) -> Floats:
    """Give the loss of each patch divided by its entries, (n,) nats; see `train`."""
    size = patches.x.shape[1]
    chunk = max(1, _CHUNK_PIXELS // size)
    parts = [
        loss(model, patches.take(slice(i, i + chunk))).double()
        for i in range(0, len(patches), chunk)
    ]
    result: Floats = (torch.cat(parts) / size).cpu().numpy()
    return result


def linear_score(patches: Tensors) -> Floats:
    """-log q of the linear start, without a network, (n,) nats per entry."""
    size = patches.x.shape[1]
    zero = torch.zeros(1, 1, device=patches.x.device)
    parts = []
    for i in range(0, len(patches), max(1, _CHUNK_PIXELS // size)):
        part = patches.take(slice(i, i + max(1, _CHUNK_PIXELS // size)))
        z = part.z.reshape(-1)
        if part.below is None or part.above is None:
            log_f = log_density(z, zero, zero, zero + 1)
        else:
            below, above = part.below.reshape(-1), part.above.reshape(-1)
            log_f = log_probability(z, below, above, zero, zero, zero + 1)
        parts.append(-log_f.view(len(part), -1).double().sum(dim=1) - part.log_slope)
    result: Floats = (torch.cat(parts) / size).cpu().numpy()
    return result


def train(
    model: M,
    patches: Tensors,
    stop: Tensors,
    schedule: Schedule,
    draw: torch.Generator,
    start_nats: float,
    loss: Callable[[M, Tensors], Tensor],
    told: Callable[[int, float], None] | None = None,
    *,
    keep_last: bool = False,
) -> tuple[float, int]:
    """Fit ``model`` in place.

    Parameters
    ----------
    model
        Left with the weights that did best.
    patches, stop
        To learn from; to judge by.
    schedule
        How.
    draw
        Source of the order of patches.
    start_nats
        Cross-entropy of ``stop`` per pixel where training starts.
    loss
        Gives each patch's cross-entropy, (n,) nats over all its entries.
    told
        Called at each look with the step and the best cross-entropy.
    keep_last
        Leave the last weights where none did better than the start.

    Returns
    -------
    best_nats, steps: the least cross-entropy of ``stop`` per pixel, and after how many steps; 0 for
    the start.
    """
    # fused=True is one kernel a step on the processor too
    parameters = list(model.parameters())
    optimiser = torch.optim.Adam(parameters, betas=(0.9, 0.98), fused=True)
    average = [parameter.detach().clone() for parameter in parameters]
    batch = max(1, min(len(patches), schedule.batch_pixels // patches.x.shape[1]))
    best, best_step, worse = start_nats, 0, 0
    best_weights = [weights.clone() for weights in average]
    order = _batches(len(patches), batch, draw)
    for step in range(schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate(step)
        optimiser.zero_grad(set_to_none=True)
        mean = loss(model, patches.take(next(order))).mean() / patches.x.shape[1]
        mean.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT)
        optimiser.step()
        with torch.no_grad():
            for mean_weights, weights in zip(average, parameters, strict=True):
                mean_weights.lerp_(weights, 1 - _decay(schedule.averaging, step))
        if (step + 1) % schedule.check_every and step + 1 < schedule.steps:
            continue
        with _weights(parameters, average):
            now = float(score(model, stop, loss).mean())
        worse = 0 if now < best - schedule.least_gain_nats else worse + 1
        if now < best:
            best, best_step = now, step + 1
            best_weights = [weights.clone() for weights in average]
        if told is not None:
            told(step + 1, best)
        if worse >= schedule.patience:
            break
    _put(parameters, average if keep_last and best_step == 0 else best_weights)
    return best, best_step


def _decay(averaging: float, step: int) -> float:
    """Forget the start faster than later weights."""
    return min(averaging, (1 + step) / (4 + step))


def _batches(n: int, batch: int, draw: torch.Generator) -> Iterator[Tensor]:
    """Draw indices of patches, epoch after epoch; what is left of an epoch is dropped."""
    while True:
        order = torch.randperm(n, generator=draw)
        for i in range(0, n - batch + 1, batch):
            yield order[i : i + batch]


@torch.no_grad()
def _put(parameters: list[torch.nn.Parameter], values: list[Tensor]) -> None:
    for parameter, value in zip(parameters, values, strict=True):
        parameter.copy_(value)


@contextmanager
def _weights(parameters: list[torch.nn.Parameter], values: list[Tensor]) -> Iterator[None]:
    """Give the parameters other values for a while."""
    own = [parameter.detach().clone() for parameter in parameters]
    _put(parameters, values)
    try:
        yield
    finally:
        _put(parameters, own)
