"""Where to begin: the likelihood of windowed frames, which needs no scene at all.

Each frame is faded out towards its edges and taken to go on periodically; then every frequency
stands for itself, and the scene is integrated out in closed form:

    Q = 1/2 log det(1 + S N) - 1/2 sum over f of b' (N + 1/S)^-1 b
    b = sum_t w_t conj(T_t) Y_t,  N = sum_t w_t conj(T_t) T_t

That is the metric of phase diversity (R. A. Gonsalves, Opt. Eng. 21, 829 (1982); R. G. Paxman,
T. J. Schulz and J. R. Fienup, J. Opt. Soc. Am. A 9, 1072 (1992)) with a prior on the scene. The
window errs it by a few nm; `hil.twin.likelihood` has no window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from hil.twin.data import TrialData
from hil.twin.scenes import Prior, TrialOptics, normal_matrix


class WindowedLikelihood:
    """Q; see the module.

    Parameters
    ----------
    optics_at
        Gives the optics for values of the unknowns.
    data, weights, prior
        As for `hil.twin.scenes.SceneSolver`.
    """

    def __init__(
        self,
        optics_at: Callable[[torch.Tensor], TrialOptics],
        values: torch.Tensor,
        data: Sequence[TrialData],
        weights: Sequence[torch.Tensor],
        prior: Prior,
    ) -> None:
        self._optics_at = optics_at
        self._prior = prior
        optics = optics_at(values)
        self._dense: list[float] = []
        self._spectra: list[torch.Tensor] = []
        energy = 0.0
        for trial, (one, w) in enumerate(zip(data, weights, strict=True)):
            sampling = optics.samplings[trial]
            window = _fade(one.y.shape[1:])
            mean = (one.y * window).sum(dim=(1, 2)) / window.sum()
            faded = (one.y - mean[:, None, None]) * window * one.usable
            # w y spread is what b takes: a pixel counts as often as there are samples under it
            level = float(w.mean())
            self._spectra.append(level * torch.fft.rfft2(sampling.spread(faded)))
            self._dense.append(level * sampling.density)
            energy = float(window.square().sum()) / sampling.density
        self._share = energy / (optics.grid[0] * optics.grid[1])
        self._fields = len(data[0].y)
        self._samples = optics.grid[0] * optics.grid[1]

    def __call__(self, values: torch.Tensor) -> torch.Tensor:
        """Give Q, 0-d float64; gradients flow."""
        optics = self._optics_at(values)
        normal = normal_matrix(optics.transfers, self._dense)
        b = sum(
            spectrum[:, None] * transfer.conj()
            for spectrum, transfer in zip(self._spectra, optics.transfers, strict=True)
        )
        assert isinstance(b, torch.Tensor)
        inverse = 1 / self._prior.variance
        twice = torch.full((normal.shape[1],), 2.0)
        twice[0] = 1.0
        if optics.grid[1] % 2 == 0:
            twice[-1] = 1.0
        if normal.shape[-1] == 1:
            n = normal[..., 0, 0]
            logs = torch.log1p(n * self._prior.variance[0])
            told = (b[:, 0].real.square() + b[:, 0].imag.square()).sum(dim=0) / (n + inverse[0])
        else:
            root = self._prior.variance.sqrt().permute(1, 2, 0)
            eye = torch.eye(normal.shape[-1], dtype=normal.dtype)
            scaled = eye + root[..., :, None] * normal * root[..., None, :]
            logs = torch.linalg.slogdet(scaled)[1]
            turned = b.permute(2, 3, 1, 0) * root[..., None]
            solved = torch.linalg.solve(scaled, turned)
            told = (turned.conj() * solved).real.sum(dim=(-1, -2))
        # the mean of a frame was taken off
        told = told.clone()
        told[0, 0] = 0.0
        share = self._fields * self._share
        return 0.5 * ((share * logs - told / self._samples) * twice).sum(dtype=torch.float64)

    def gradient(self, values: torch.Tensor) -> tuple[float, torch.Tensor]:
        """Give Q and its gradient."""
        leaf = values.detach().clone().requires_grad_()
        with torch.enable_grad():
            q = self(leaf)
            q.backward()  # type: ignore[no-untyped-call]
        assert leaf.grad is not None
        return float(q.detach()), leaf.grad.detach()

    def curvature(self, values: torch.Tensor, steps: Sequence[float]) -> torch.Tensor:
        """Give the second derivatives by differences of gradients."""
        return differences(lambda at: self.gradient(at)[1], values, steps)


def differences(
    gradient: Callable[[torch.Tensor], torch.Tensor],
    values: torch.Tensor,
    steps: Sequence[float],
    here: torch.Tensor | None = None,
) -> torch.Tensor:
    """Second derivatives, symmetric, by differences of gradients.

    Parameters
    ----------
    here
        The gradient at `values`, for one-sided differences; central ones without it.
    """
    rows = []
    for number, step in enumerate(steps):
        up = values.clone()
        up[number] += step
        if here is None:
            down = values.clone()
            down[number] -= step
            rows.append((gradient(up) - gradient(down)) / (2 * step))
        else:
            rows.append((gradient(up) - here) / step)
    matrix = torch.stack(rows)
    return (matrix + matrix.T) / 2


def _fade(shape: Sequence[int]) -> torch.Tensor:
    rows, columns = (torch.hann_window(size + 2, periodic=False)[1:-1] for size in shape)
    return rows[:, None] * columns[None, :]
