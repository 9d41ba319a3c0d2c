"""Images through a transfer function, sampled: four transforms for all gradients.

V    : `rfft2` of the views, N by N         H : transfer function, (N, N // 2 + 1)
k    : samples from one that is kept to the next, M = N / k
G    : `rfft2` of the gradient by the kept samples, M by M

    image = irfft2(V H) at every k-th sample
    dH    = w conj(V) G' / N^2      w = 2, and 1 in the columns 0 and N / 2, which count once
    dV    = conj(H) G'              as a view: `irfft2` of it

with G' the spectrum G repeated k times along both axes, which is that of the kept samples' gradient
with zeros between. What is kept has the spectrum V H folded, the sum of its k by k parts, so that
the transforms on that side are M by M. torch's own gradients take complex transforms of full size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable


def filtered(views: torch.Tensor, transfer: torch.Tensor, step: int = 1) -> torch.Tensor:
    """Filter views as if each went on periodically, and keep every ``step``-th sample.

    Parameters
    ----------
    views
        (..., N, N) real; N even and a multiple of ``step``.
    transfer
        (N, N // 2 + 1) complex, of a real kernel, or (..., N, N // 2 + 1), one for each view.
    step
        k, 1 for all samples.

    Returns
    -------
    Tensor
        (..., N / k, N / k), samples 0, k, 2 k and so on along both axes. Gradients flow once, by
        views and by transfer; a gradient of a gradient is refused by torch.
    """
    found: torch.Tensor = _Filtered.apply(views, transfer, step)  # type: ignore[no-untyped-call]
    return found


def half_spectrum(kernel: torch.Tensor) -> torch.Tensor:
    """`rfft2` of a real kernel, (N, N) with N even; gradients take a transform of that kind, too.

    Where torch takes a complex one of twice the numbers. They flow once, as for `filtered`.
    """
    found: torch.Tensor = _HalfSpectrum.apply(kernel)  # type: ignore[no-untyped-call]
    return found


class _HalfSpectrum(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, kernel: torch.Tensor) -> torch.Tensor:
        spectrum: torch.Tensor = torch.fft.rfft2(kernel)
        return spectrum

    @staticmethod
    @once_differentiable  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        n = gradient.shape[-2]
        weight = torch.full((n // 2 + 1,), n**2 / 2, dtype=gradient.real.dtype)
        weight[[0, -1]] = float(n**2)
        weighted = gradient * weight.to(gradient.device)
        by_kernel: torch.Tensor = torch.fft.irfft2(weighted, s=(n, n))
        return by_kernel


class _Filtered(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, views: torch.Tensor, transfer: torch.Tensor, step: int
    ) -> torch.Tensor:
        spectrum = torch.fft.rfft2(views)
        wants = context.needs_input_grad
        context.save_for_backward(spectrum if wants[1] else None, transfer if wants[0] else None)
        context.step, context.shared = step, views.ndim - transfer.ndim
        size = views.shape[-1] // step
        kept: torch.Tensor = torch.fft.irfft2(_folded(spectrum * transfer, step), s=(size, size))
        return kept

    @staticmethod
    @once_differentiable  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        spectrum, transfer = context.saved_tensors
        repeated = _repeated(torch.fft.rfft2(gradient), context.step)
        n = repeated.shape[-2]
        by_views = by_transfer = None
        if spectrum is not None:
            weight = torch.full((n // 2 + 1,), 2.0 / n**2, dtype=gradient.dtype)
            weight[[0, -1]] = 1.0 / n**2
            product = spectrum.conj() * repeated
            if context.shared:
                product = product.sum(dim=tuple(range(context.shared)))
            by_transfer = product * weight.to(gradient.device)
        if transfer is not None:
            by_views = torch.fft.irfft2(repeated * transfer.conj(), s=(n, n))
        return by_views, by_transfer, None


def _folded(spectrum: torch.Tensor, step: int) -> torch.Tensor:
    """(..., M, M // 2 + 1) half spectrum of every step-th sample, from (..., N, N // 2 + 1)."""
    if step == 1:
        return spectrum
    n = spectrum.shape[-2]
    size = n // step
    *lead, _, half = spectrum.shape
    rows = spectrum.reshape(*lead, step, size, half).sum(dim=-3)
    beyond = _mirrored(rows[..., 1 : n // 2].flip(-1))
    whole = torch.cat([rows, beyond], dim=-1)
    columns = whole.reshape(*lead, size, step, size).sum(dim=-2)
    found: torch.Tensor = columns[..., : size // 2 + 1] / step**2
    return found


def _repeated(spectrum: torch.Tensor, step: int) -> torch.Tensor:
    """(..., N, N // 2 + 1) from the half spectrum (..., M, M // 2 + 1), periodic in both axes."""
    if step == 1:
        return spectrum
    size = spectrum.shape[-2]
    beyond = _mirrored(spectrum[..., 1 : (size + 1) // 2].flip(-1))
    columns = torch.cat([spectrum, beyond], dim=-1)
    half = size * step // 2 + 1
    turns = -(-half // size)
    wide = columns.repeat(*(1,) * (columns.ndim - 1), turns)[..., :half]
    return wide.repeat(*(1,) * (wide.ndim - 2), step, 1)


def _mirrored(spectrum: torch.Tensor) -> torch.Tensor:
    """Conjugate, with the rows at minus their frequency."""
    return spectrum.flip(-2).roll(1, -2).conj()
