"""The conditional density of each pixel's residual, given all pixels before it.

Values and parameters of a patch lie in raster order, channels of a pixel side by side:
D = p * p * C.  A pixel's first channel sees the pixels before it, the next ones its earlier
channels too. The last weights are zero, so that an untrained network is the linear start: a mixture
whose components lie so close together that it is the normal distribution within 0.0001 nat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from hil.information.densities.neural.clusters import cluster
from hil.information.densities.neural.layers import (
    CausalConv,
    GatedLayer,
    RunningSum,
    gated,
    normal_parameter,
    zero_parameter,
)

Tensor = torch.Tensor

_SPREAD = 0.4  # of the untrained components' means, residual standard deviations
_QUICKLY = 4.0  # how much faster the weights by place learn than others: Adam's steps are equal
_LOG_S = (-5.0, 3.0)  # range of log s
_CHUNK = 256  # patches at once
_VIEWS = 3  # of each value: as it is, its residual, the residual's size


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Sizes of a network; two with equal shapes exchange weights.

    Parameters
    ----------
    patch_size, channels
        p and C.
    features, layers
        Of the gated stacks.
    units
        Hidden units of the running sum.
    components
        Of each mixture.
    reach
        Pixels that the first layer sees back.
    labels
        Number of classes the density is conditioned on; 0 for none.
    """

    patch_size: int
    channels: int = 1
    features: int = 16
    layers: int = 2
    units: int = 128
    components: int = 4
    reach: int = 3
    labels: int = 0


class Network(nn.Module):
    """f(z_i | t_<i), a mixture of normals for each entry of a patch.

    Parameters
    ----------
    shape
        Sizes.
    draw
        Source of the first weights.
    """

    centre: Tensor
    earlier: Tensor
    knows_scenes: Tensor

    def __init__(self, shape: NetworkShape, draw: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        p, channels, f, k = shape.patch_size, shape.channels, shape.features, shape.components
        inputs = _VIEWS * channels
        reach = min(shape.reach, p - 1)
        self.above = CausalConv(inputs, 2 * f, reach, strict=True, row=False, draw=draw)
        self.left = CausalConv(inputs, 2 * f, reach, strict=True, row=True, draw=draw)
        self.layers = nn.ModuleList(GatedLayer(f, draw) for _ in range(shape.layers))
        self.past = RunningSum(inputs, shape.units, p, draw)
        self.past_to_row = normal_parameter((shape.units, f), 1.0, draw)
        self.past_to_mixture = zero_parameter(p * p, shape.units, channels * (3 * k + 1))
        self.hidden = normal_parameter((f, channels * f), 1 / math.sqrt(f), draw)
        self.hidden_bias = zero_parameter(channels * f)
        self.predicted = normal_parameter((channels, f), 0.5, draw)
        self.within = normal_parameter((channels, channels, f), 1.0, draw)
        # small, not zero: components that are given the same gradient never part
        self.mixture = normal_parameter((channels, 3 * k, f), 0.01 / math.sqrt(f), draw)
        self.mixture_bias = zero_parameter(channels, 3 * k, 1)
        if shape.labels:
            self.label_features = normal_parameter((shape.labels, 2 * f), 0.5, draw)
            self.label_units = zero_parameter(shape.labels, shape.units)
        centre = _SPREAD * torch.linspace(-1, 1, k) if k > 1 else torch.zeros(1)
        self._log_s0 = 0.5 * math.log(1 - float(centre.square().mean()))
        self.register_buffer("knows_scenes", torch.tensor(False))  # kept with the weights
        self.register_buffer("centre", centre[:, None], persistent=False)
        self.register_buffer("earlier", torch.ones(channels, channels).triu(1), persistent=False)

    @torch.no_grad()
    def know_scenes(self, x: Tensor, draw: torch.Generator) -> None:
        """Let the hidden units of the running sum measure which scene the pixels so far show.

        Parameters
        ----------
        x
            (n, D) values of unit variance.
        draw
            Source of the first choice of scenes.
        """
        self.past.start_from(*cluster(x, self.shape.units, draw), every=_VIEWS)
        self.knows_scenes.fill_(True)

    @torch.no_grad()
    def predict_scenes(self, x: Tensor, linear: Tensor, z: Tensor) -> None:
        """Let each hidden unit predict each pixel as its scene has it.

        A weighted regression of z on 1 and the linear prediction, for each unit and place. With a
        slope of -1 the scene is known so well that the prediction would only add the noise of the
        past.

        Parameters
        ----------
        x, linear, z
            As for `forward`.
        """
        shape = self.shape
        places, channels, k = shape.patch_size**2, shape.channels, shape.components
        pairs = torch.stack(
            [torch.ones_like(linear), linear, z], dim=2
        )  # products of these are summed
        pairs = pairs.view(len(z), places, channels, 3).transpose(0, 1)
        sums = x.new_zeros(places, shape.units, channels, 3, 3)
        # one pseudo-observation of the linear start, for units that nothing speaks for
        sums += torch.eye(3, device=x.device)
        for i in range(0, len(x), _CHUNK):
            share = self.past(_image(x[i : i + _CHUNK], z[i : i + _CHUNK], shape)).transpose(1, 2)
            values = pairs[:, i : i + _CHUNK]
            products = values[..., :, None] * values[..., None, :]
            sums += torch.bmm(share, products.flatten(2)).view_as(sums)
        mass, by_l, by_z = sums[..., 0, 0], sums[..., 0, 1] / sums[..., 0, 0], sums[..., 0, 2]
        by_z = by_z / mass
        slope = (sums[..., 1, 2] / mass - by_l * by_z) / (sums[..., 1, 1] / mass - by_l**2)
        left = sums[..., 2, 2] / mass - by_z**2
        left = left - slope**2 * (sums[..., 1, 1] / mass - by_l**2)
        log_s = 0.5 * torch.log(left.clamp(min=math.exp(2 * _LOG_S[0])))
        start = self.past_to_mixture.view(places, shape.units, channels, 3 * k + 1)
        start[..., k : 2 * k] = (by_z - slope * by_l)[..., None] / _QUICKLY
        start[..., 2 * k : 3 * k] = log_s[..., None] / _QUICKLY
        start[..., 3 * k] = slope / _QUICKLY

    def forward(
        self, x: Tensor, linear: Tensor, z: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Give the mixtures of all entries.

        Parameters
        ----------
        x, linear, z
            (n, D) values of unit variance, their linear predictions and the residuals of these.
        label
            (n,) classes, where the network is conditioned on them.

        Returns
        -------
        log_pi, mu, s, each (K, n * D).
        """
        n, shape = x.shape[0], self.shape
        p, channels, k = shape.patch_size, shape.channels, shape.components
        image = _image(x, z, shape)
        past = None
        if bool(self.knows_scenes):
            past = self.past(image, self.label_units[label] if label is not None else None)
        row = self._rows(image, past, label)
        raw = self._head(row, linear.view(n * p * p, channels), z.view(n * p * p, channels))
        slope: Tensor | float = 0.0
        if past is not None:
            by_place = torch.bmm(past, _QUICKLY * self.past_to_mixture)
            by_place = by_place.view(p * p, n, channels, 3 * k + 1).permute(3, 1, 0, 2).flatten(1)
            raw, slope = raw + by_place[: 3 * k], by_place[3 * k]
        logits, mu, log_s = raw.chunk(3, dim=0)
        s = torch.exp((log_s + self._log_s0).clamp(*_LOG_S))
        return torch.log_softmax(logits, dim=0), mu + self.centre + slope * linear.reshape(-1), s

    def _rows(self, image: Tensor, past: Tensor | None, label: Tensor | None) -> Tensor:
        """Features of all that precedes each pixel, (n * p * p, F)."""
        n, p = image.shape[0], self.shape.patch_size
        above = self.above(image)
        if label is not None:
            above = above + self.label_features[label][:, :, None, None]
        v, h = gated(above), gated(self.left(image) + above)
        if past is not None:
            told = torch.matmul(past, self.past_to_row)
            h = h + told.view(p, p, n, -1).permute(2, 3, 0, 1)
        for layer in self.layers:
            v, h = layer(v, h)
        return h.permute(0, 2, 3, 1).reshape(n * p * p, -1)

    def _head(self, row: Tensor, linear: Tensor, z: Tensor) -> Tensor:
        """Mixture parameters from features, prediction and earlier channels, (3 K, n * D)."""
        channels = self.shape.channels
        hidden = row @ self.hidden + self.hidden_bias
        hidden = hidden + (linear[:, :, None] * self.predicted).flatten(1)
        if channels > 1:
            hidden = hidden + z @ (self.within * self.earlier[:, :, None]).flatten(1)
        hidden = functional.silu(hidden)
        parts = [
            torch.mm(self.mixture[c], hidden[:, c * row.shape[1] : (c + 1) * row.shape[1]].t())
            for c in range(channels)
        ]
        raw = torch.stack(parts, dim=2) if channels > 1 else parts[0][:, :, None]
        bias = self.mixture_bias.permute(1, 2, 0)
        return (raw + bias).flatten(1)


def _image(x: Tensor, z: Tensor, shape: NetworkShape) -> Tensor:
    """Lay out views of (n, D) patches as (n, views * C, p, p), channels last in memory."""
    views = torch.stack([x, z, torch.log1p(z * z) - 0.5], dim=2)
    return views.view(len(x), shape.patch_size, shape.patch_size, -1).permute(0, 3, 1, 2)
