"""What `hil.study.texture` gives of frames, with gradients, for decoders that learn by them."""

from __future__ import annotations

import torch

_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)  # as there; a test compares all
_TINY = 1e-12  # keeps the slope finite of what does not vary


def textures(frames: torch.Tensor) -> torch.Tensor:
    """(n, k) log power by frequency and quantiles of frames (n, side, side), electrons.

    Each value is about its mean over the frames, in units of its spread: logarithms of power and
    hundreds of electrons are of one size then.
    """
    about = frames - frames.mean(dim=(1, 2), keepdim=True)
    power = torch.fft.rfft2(about).abs().square()
    side = frames.shape[1]
    fy, fx = torch.fft.fftfreq(side) * side, torch.fft.rfftfreq(side) * side
    ring = torch.hypot(fy[:, None], fx).round()
    rings = [power[:, ring == r].mean(dim=1) for r in range(1, side // 2 + 1)]
    levels = torch.tensor(_LEVELS, dtype=frames.dtype)
    quantiles = torch.quantile(frames.flatten(1), levels, dim=1)
    found = torch.cat([torch.log(torch.stack(rings) + 1e-3), quantiles]).T
    about = found - found.mean(dim=0)
    return about / (about.square().mean(dim=0) + _TINY).sqrt()
