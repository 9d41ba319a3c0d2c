"""A scene without negative places that looks like one that has some.

s : what frames told of a sample's light, negative where noise was made larger
B : transfer of the best optics, 1 at frequency 0; no image shows more

    min over x >= 0 of |B (x - s)|^2

by projected gradients with momentum (A. Beck and M. Teboulle, SIAM J. Imaging Sci. 2, 183 (2009)).
Negative places set to 0 alone would make dark places brighter, and take contrast.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

_ROUNDS = 60


def nonnegative(scene: NDArray[np.float32], transfer: torch.Tensor) -> NDArray[np.float32]:
    """Give x; see the module.

    Parameters
    ----------
    scene
        (height, width) s.
    transfer
        (height, width // 2 + 1) B.
    """
    shape = (scene.shape[0], scene.shape[1])
    wanted = torch.from_numpy(scene)
    power = transfer.abs().square()
    x = ahead = wanted.clamp(min=0)
    momentum = 1.0
    for _ in range(_ROUNDS):
        slope = torch.fft.irfft2(torch.fft.rfft2(ahead - wanted) * power, s=shape)
        last, x = x, (ahead - slope).clamp(min=0)
        previous, momentum = momentum, (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = x + (previous - 1) / momentum * (x - last)
    found: NDArray[np.float32] = x.numpy()
    return found
