"""Line integrals of slices along parallel rays: batched, differentiable in the angles.

theta : angle of a view, rad
s, t  : across and along the rays; the ray at s of view theta passes the points
        x = s cos(theta) - t sin(theta), y = s sin(theta) + t cos(theta)
p     : p(theta, s) = sum over t of the slice there, linear between its samples, times their pitch

Memory: views and slices are done in groups of about `CHUNK_BYTES`; beside them only the result is
kept, unless gradients with respect to angles or slices are wanted, which need every sample.
"""

from __future__ import annotations

from math import pi, sqrt

import torch

CHUNK_BYTES = 4 * 2**20
GOLDEN = (sqrt(5) - 1) / 2


def view_angles(
    views: int, spacing: str, start_deg: torch.Tensor, arc_deg: torch.Tensor
) -> torch.Tensor:
    """Angles of the views in rising order, whatever the order in which they are taken.

    Parameters
    ----------
    views
        How many.
    spacing
        ``"uniform"``: the arc in equal steps, without its end, which at 180 degrees is the first
        view again. ``"golden"``: steps of the golden section of the arc, taken modulo the arc, so
        that a scan that is broken off is evenly spread too (Winkelmann et al., IEEE Trans. Med.
        Imaging 2007).
    start_deg, arc_deg
        0-d: where the arc begins, and its length.

    Returns
    -------
    Tensor
        (views,) rad.
    """
    index = torch.arange(views, dtype=start_deg.dtype, device=start_deg.device)
    share = torch.sort(torch.frac(index * GOLDEN)).values if spacing == "golden" else index / views
    return (start_deg + arc_deg * share) * (pi / 180)


def line_integrals(
    slices: torch.Tensor, angles: torch.Tensor, rays: int, width: float
) -> torch.Tensor:
    """Integrate along parallel rays.

    Parameters
    ----------
    slices
        (B, C, n, n); zero beyond their edges. Their dtype is that of the result.
    angles
        (views,) rad.
    rays
        Number of rays, evenly spread over the width.
    width
        Side of a slice.

    Returns
    -------
    Tensor
        (B, C, views, rays), in units of the slices times that of the width.
    """
    batch, channels, n, _ = slices.shape
    flat = slices.reshape(1, batch * channels, n, n)
    point = n * rays * slices.element_size()
    some = max(1, CHUNK_BYTES // point - 2)
    step = max(1, CHUNK_BYTES // (point * (min(some, batch * channels) + 2)))
    # x + i y of a ray's point is (s + i t) exp(i theta), in grid_sample's units: -1 and 1 are edges
    s, t = (
        ((torch.arange(count, device=slices.device, dtype=slices.dtype) + 0.5) * 2 / count - 1)
        for count in (rays, n)
    )
    turn = torch.polar(torch.ones_like(angles), angles).to(slices.device)
    turn = turn.to(torch.complex64 if slices.dtype == torch.float32 else torch.complex128)
    parts = []
    for group in torch.split(turn, step):
        across, along = group[:, None] * s, (1j * group[:, None]) * t
        where = torch.view_as_real(across[:, None, :] + along[:, :, None])  # (views, t, s, 2)
        seen = [
            torch.nn.functional.grid_sample(
                one.expand(len(group), -1, -1, -1), where, align_corners=False
            ).sum(dim=2)
            for one in torch.split(flat, some, dim=1)
        ]
        parts.append(torch.cat(seen, dim=1))
    views = torch.cat(parts) * (width / n)
    return views.reshape(-1, batch, channels, rays).permute(1, 2, 0, 3)
