"""A classifier of patches that starts at the classes' shares."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from hil.information.densities.neural.layers import gated, normal_parameter, zero_parameter
from hil.information.densities.neural.training import Tensors

Tensor = torch.Tensor

_FEATURES = 16
_POOLED = 4  # places along each axis where features are read


class Classifier(nn.Module):
    """p(class | patch): all pixels linearly, and features of two convolutions.

    Parameters
    ----------
    p, channels
        Side of a patch, pixels, and its channels.
    share
        (classes,) shares of the classes in what is learnt from.
    draw
        Source of the first weights.
    """

    def __init__(self, p: int, channels: int, share: Tensor, draw: torch.Generator) -> None:
        super().__init__()
        self._p, f, classes = p, _FEATURES, len(share)
        self._pooled = min(p, _POOLED)
        self.first = normal_parameter((2 * f, channels, 5, 5), 1 / math.sqrt(25 * channels), draw)
        self.second = normal_parameter((2 * f, f, 3, 3), 1 / math.sqrt(9 * f), draw)
        self.linear = zero_parameter(classes, p * p * channels)
        self.read = zero_parameter(classes, 2 * f * self._pooled**2)
        self.bias = nn.Parameter(torch.log(share.clamp(min=1e-6)))

    def forward(self, x: Tensor) -> Tensor:
        """(n, D) values of unit variance to (n, classes) log probabilities."""
        image = x.view(len(x), self._p, self._p, -1).permute(0, 3, 1, 2)
        near = gated(functional.conv2d(image, self.first, padding=2))
        far = gated(functional.conv2d(near, self.second, padding=1))
        # means by adaptive pooling have no deterministic gradient on a GPU; strided ones have
        step = self._p // self._pooled
        pooled = functional.avg_pool2d(torch.cat([near, far], dim=1), step)
        pooled = pooled[:, :, : self._pooled, : self._pooled].flatten(1)
        logits = x @ self.linear.t() + pooled @ self.read.t() + self.bias
        return torch.log_softmax(logits, dim=1)


def class_nats(classifier: Classifier, patches: Tensors) -> Tensor:
    """-log p(class | patch), (n,) nats."""
    assert patches.label is not None  # the caller's patches have classes
    return functional.nll_loss(classifier(patches.x), patches.label, reduction="none")
