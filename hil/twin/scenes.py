"""The scenes that go with given optics: most probable under the frames and a Gaussian prior.

T_t : transfer of trial t, electrons from a scene of 1, by frequency (`sim.parts.unknown`)
H_t : T_t, then sampling to pixels
W_t : weights of the pixels, 1 / variance
S   : (planes, height, width // 2 + 1) prior variance of the scene by frequency, m its mean
d   : (fields, planes, height, width) scene less its mean
K   : sum_t H_t' W_t H_t + 1 / S; d solves K d = sum_t H_t' W_t (y_t - H_t m - even_t)
x   : a draw of N(0, 1 / K), by a draw of noise and of the prior brought through the same equations

Solved by conjugate gradients, preconditioned where sampling is left out, frequency by frequency.
Scenes stay spectra from the first step to the last: S and the preconditioner need them so, and
H_t begins with one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.twin.data import TrialData
from sim.numerics.sampling import Sampling

_TOLERANCE = 1e-4
_MOST_STEPS = 60


@dataclass(slots=True)
class TrialOptics:
    """What the optics make of a scene, for all trials.

    Parameters
    ----------
    transfers
        T_t, complex64, one a trial.
    even_e
        Electrons without any scene, 0-d, one a trial.
    samplings
        One a trial.
    """

    transfers: Sequence[torch.Tensor]
    even_e: Sequence[torch.Tensor]
    samplings: Sequence[Sampling]

    @property
    def grid(self) -> tuple[int, int]:
        """(height, width) of the scenes."""
        return self.samplings[0].shape

    def expected(self, trial: int, spectrum: torch.Tensor) -> torch.Tensor:
        """Electrons, (fields, height, width), of scenes given by `rfft2`."""
        return self.image(trial, spectrum) + self.even_e[trial].to(torch.float32)

    def image(self, trial: int, spectrum: torch.Tensor) -> torch.Tensor:
        """Give the same without what needs no scene."""
        light = spectrum * self.transfers[trial]
        light = light[:, 0] if light.shape[1] == 1 else light.sum(dim=1)
        images: torch.Tensor = torch.fft.irfft2(light, s=self.grid)
        return self.samplings[trial].sample(images)

    def back(self, trial: int, pixels: torch.Tensor) -> torch.Tensor:
        """Bring pixels back through the transposed map, as a spectrum (fields, planes, ...)."""
        images: torch.Tensor = torch.fft.rfft2(self.samplings[trial].spread(pixels))
        return images[:, None] * self.transfers[trial].conj()


@dataclass(slots=True)
class Prior:
    """S and m; see the module."""

    variance: torch.Tensor
    mean: torch.Tensor

    def whiten(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Divide by S."""
        # a product: to divide a complex number takes torch nine times as long
        return spectrum * (1 / self.variance)


def density_weights(
    data: Sequence[TrialData], optics: TrialOptics, weights: Sequence[torch.Tensor]
) -> list[float]:
    """Mean of w over what lies under the pixels, for each trial, a scene sample."""
    return [
        float(w.mean()) * sampling.density
        for w, sampling in zip(weights, optics.samplings, strict=True)
    ]


class SceneSolver:
    """Solves for the scenes.

    Parameters
    ----------
    data
        The frames, one a trial.
    optics, weights, prior
        See the module.
    """

    def __init__(
        self,
        data: Sequence[TrialData],
        optics: TrialOptics,
        weights: Sequence[torch.Tensor],
        prior: Prior,
    ) -> None:
        self._data, self._optics, self._weights, self._prior = data, optics, weights, prior
        self._inverse = self._preconditioner()
        # columns of a spectrum that are no other one's mirror image, and how many each stands for
        width = optics.grid[1]
        self._alone = [0] if width % 2 else [0, width // 2]
        self._stand_for = torch.full((width // 2 + 1, 1), 2.0)
        self._stand_for[self._alone] = 1.0

    def solve(self, start: torch.Tensor | None = None) -> torch.Tensor:
        """Give d."""
        spectrum = self.of_mean()
        right: torch.Tensor | float = 0.0
        for trial, (one, w) in enumerate(zip(self._data, self._weights, strict=True)):
            residual = w * (one.y - self._optics.expected(trial, spectrum))
            right = right + self._optics.back(trial, residual)
        assert isinstance(right, torch.Tensor)
        return self._conjugate_gradients(self._whole(right), start)

    def fluctuation(self, rng: torch.Generator, start: torch.Tensor | None = None) -> torch.Tensor:
        """Draw x."""
        grid = self._optics.grid
        planes = self._prior.variance.shape[0]
        fields = len(self._data[0].y)
        shape = (fields, planes, *grid)
        noise = torch.fft.rfft2(torch.randn(shape, generator=rng))
        right = noise / self._prior.variance.sqrt()
        for trial, w in enumerate(self._weights):
            drawn = torch.randn(w.shape, generator=rng) * w.sqrt()
            right = right + self._optics.back(trial, drawn)
        return self._conjugate_gradients(self._whole(right), start)

    def of_mean(self) -> torch.Tensor:
        """Spectrum of m in all fields."""
        fields = len(self._data[0].y)
        mean = self._prior.mean.to(torch.float32)[None, :, None, None]
        spectrum: torch.Tensor = torch.fft.rfft2(mean.expand(fields, -1, *self._optics.grid))
        return spectrum

    def _whole(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Give, in place, that of the real scenes which `irfft2` makes of it."""
        for column in self._alone:
            own = spectrum[..., column]
            own += own.flip(-1).roll(1, -1).conj()
            own *= 0.5
        return spectrum

    def _apply(self, d: torch.Tensor) -> torch.Tensor:
        total = self._prior.whiten(d)
        for trial, w in enumerate(self._weights):
            total += self._optics.back(trial, w * self._optics.image(trial, d))
        return self._whole(total)

    def _preconditioner(self) -> torch.Tensor:
        """Inverse of K without sampling: (height, width // 2 + 1), or so of (planes, planes)."""
        dense = density_weights(self._data, self._optics, self._weights)
        normal = normal_matrix(self._optics.transfers, dense)
        normal = normal + torch.diag_embed((1 / self._prior.variance).permute(1, 2, 0))
        if normal.shape[-1] == 1:
            return normal[..., 0, 0].reciprocal()
        inverse: torch.Tensor = torch.linalg.inv(normal)
        return inverse

    def _precondition(self, d: torch.Tensor) -> torch.Tensor:
        if self._inverse.ndim == 2:
            return d * self._inverse
        return self._whole(torch.einsum("yxab,fbyx->fayx", self._inverse, d))

    def _dots(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """Products of scenes, field by field, times the number of samples."""
        product = torch.view_as_real(one) * torch.view_as_real(other) * self._stand_for
        return product.flatten(1).sum(dim=1, dtype=torch.float64)

    def _conjugate_gradients(self, right: torch.Tensor, start: torch.Tensor | None) -> torch.Tensor:
        """Solve for all fields at once, each with its own step; the right side is a spectrum."""
        d = torch.zeros_like(right) if start is None else torch.fft.rfft2(start)
        r = right if start is None else right - self._apply(d)
        z = self._precondition(r)
        p, rz = z, self._dots(r, z)
        enough = _TOLERANCE**2 * self._dots(right, self._precondition(right))
        for _ in range(_MOST_STEPS):
            if bool((rz <= enough).all()):
                break
            q = self._apply(p)
            step = rz / self._dots(p, q).clamp(min=1e-30)
            d = d + _each(step) * p
            r = r - _each(step) * q
            z = self._precondition(r)
            last, rz = rz, self._dots(r, z)
            p = z + _each(rz / last.clamp(min=1e-30)) * p
        real: torch.Tensor = torch.fft.irfft2(d, s=self._optics.grid)
        return real


def normal_matrix(transfers: Sequence[torch.Tensor], dense: Sequence[float]) -> torch.Tensor:
    """Sum over trials of w conj(T_a) T_b, (height, width // 2 + 1, planes, planes)."""
    total: torch.Tensor | float = 0.0
    for transfer, w in zip(transfers, dense, strict=True):
        total = total + w * torch.einsum("ayx,byx->yxab", transfer.conj(), transfer)
    assert isinstance(total, torch.Tensor)
    return total if total.shape[-1] > 1 else total.real


def _each(step: torch.Tensor) -> torch.Tensor:
    return step.to(torch.float32)[:, None, None, None]
