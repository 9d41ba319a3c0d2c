"""A small U-Net: convolutions at three scales and back, what was seen on the way down kept.

Its last image goes through one linear layer to labels or values. Strength of data is bounded by
weight decay and by early stopping: the epoch is chosen on a quarter of the scenes that may be
learnt from, and nothing else is.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from drivers.types import Floats
from hil.study.domain import Side, Task

_WIDTHS = (8, 16, 32)
_LAST = 4  # channels of the last image
_BATCH, _RATE, _DECAY = 64, 2e-3, 1e-3
_AT_ONCE = 256
_VALIDATED = 4  # a scene in so many chooses the epoch
_SHARES = torch.linspace(0, 1, 21)[1:-1]  # how sure it is let be


class UNet(nn.Module):
    """See the module.

    Parameters
    ----------
    image
        (channels, height, width) of what it sees; sides are padded to fours.
    answers
        How many numbers it gives.
    """

    def __init__(self, image: tuple[int, int, int], answers: int) -> None:
        super().__init__()
        channels, height, width = image
        self._pad = (0, -width % 4, 0, -height % 4)
        top, middle, bottom = _WIDTHS
        self.first, self.second = _pair(channels, top), _pair(top, middle)
        self.third = _pair(middle, bottom)
        self.up, self.upper = _pair(bottom + middle, middle), _pair(middle + top, _LAST)
        values = _LAST * (height + self._pad[3]) * (width + self._pad[1])
        self.said = nn.Linear(values, answers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, channels, height, width) to (n, answers)."""
        halved, doubled = nn.functional.avg_pool2d, nn.functional.interpolate
        first = self.first(nn.functional.pad(images, self._pad, mode="replicate"))
        second = self.second(halved(first, 2))
        third = self.third(halved(second, 2))
        up = self.up(torch.cat([doubled(third, scale_factor=2), second], dim=1))
        last = self.upper(torch.cat([doubled(up, scale_factor=2), first], dim=1))
        found: torch.Tensor = self.said(last.flatten(1))
        return found


def unet_losses(task: Task, learn: Side, held: Side, seed: int, epochs: int) -> tuple[Floats, int]:
    """Learn from one side; losses of the rows of the other, and the epoch that was chosen.

    Parameters
    ----------
    task
        Label or value.
    learn, held
        Sides whose rows are images.
    seed
        Of weights and order.
    epochs
        At most so many.

    Returns
    -------
    tuple
        (m,) bits of cross-entropy, or squared error over the variance of the truth.
    """
    assert learn.image is not None  # the caller looks
    answers, loss_of = _loss(task, learn, held)
    images, others = (_standard(side, learn) for side in (learn, held))
    own, chosen = _apart(learn.scene, seed)
    chance = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = UNet(learn.image, answers)
    learning = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    best = (math.inf, 0, net.state_dict())
    for epoch in range(1, epochs + 1):
        net.train()
        mixed = own[torch.randperm(len(own), generator=chance)]
        for start in range(0, len(mixed), _BATCH):
            rows = mixed[start : start + _BATCH]
            learning.zero_grad()
            loss_of(net(images[rows]), rows, False).mean().backward()  # type: ignore[no-untyped-call]
            learning.step()
        net.eval()
        with torch.no_grad():
            there = float(loss_of(_all(net, images[chosen]), chosen, False).mean())
        if there < best[0]:
            best = (there, epoch, copy.deepcopy(net.state_dict()))
    net.load_state_dict(best[2])
    net.eval()
    with torch.no_grad():
        seen = _all(net, images[chosen])
        said = _all(net, others)
        if task.kind == "label":
            said = said * _sureness(seen, chosen, loss_of)
        losses = loss_of(said, torch.arange(len(others)), True)
    return losses.double().numpy(), best[1]


_LossOf = Callable[[torch.Tensor, torch.Tensor, bool], torch.Tensor]


def _loss(task: Task, learn: Side, held: Side) -> tuple[int, _LossOf]:
    """Give how many answers there are, and (m,) losses of what is said of rows of a side."""
    if task.kind == "label":
        truth = [torch.from_numpy(side.truth.astype(np.int64)) for side in (learn, held)]
        answers = int(max(one.max() for one in truth)) + 1

        def bits(said: torch.Tensor, rows: torch.Tensor, of_held: bool) -> torch.Tensor:
            known = truth[of_held][rows]
            return nn.functional.cross_entropy(said, known, reduction="none") / math.log(2)

        return answers, bits
    centre = learn.truth.mean(axis=0)
    spread = [math.sqrt(((side.truth - centre) ** 2).mean()) for side in (learn, held)]
    values = [torch.from_numpy((side.truth - centre) / spread[0]).float() for side in (learn, held)]

    def error(said: torch.Tensor, rows: torch.Tensor, of_held: bool) -> torch.Tensor:
        share = (said - values[of_held][rows]).square().mean(dim=1)
        return share * (spread[0] / spread[of_held]) ** 2

    return values[0].shape[1], error


def _sureness(said: torch.Tensor, chosen: torch.Tensor, loss_of: _LossOf) -> torch.Tensor:
    """By how much logits are shrunk: what is right where the epoch was chosen."""
    factors = torch.cat([_SHARES, torch.ones(1)])
    mean = torch.stack([loss_of(said * f, chosen, False).mean() for f in factors])
    return factors[mean.argmin()]


def _standard(side: Side, learn: Side) -> torch.Tensor:
    assert learn.image is not None
    shape = (-1, *learn.image)
    known = learn.rows.reshape(shape)
    mean, spread = known.mean(axis=0), np.maximum(known.std(axis=(0, 2, 3), keepdims=True)[0], 1e-9)
    return torch.from_numpy((side.rows.reshape(shape) - mean) / spread).float()


def _apart(scene: NDArray[np.intp], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Give rows to learn from, and those that choose: no scene is in both."""
    names = np.random.default_rng([seed, 6]).permutation(np.unique(scene))
    there = np.isin(scene, names[: max(1, names.size // _VALIDATED)])
    return torch.from_numpy(np.flatnonzero(~there)), torch.from_numpy(np.flatnonzero(there))


def _all(net: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return torch.cat([net(images[i : i + _AT_ONCE]) for i in range(0, len(images), _AT_ONCE)])


def _pair(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(width, width, 3, padding=1),
        nn.LeakyReLU(0.1),
    )
