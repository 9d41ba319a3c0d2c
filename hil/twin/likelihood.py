"""How well values of the unknowns explain the frames, the scenes integrated out.

L(values) : min over d of  1/2 sum w (y - H(m + d) - even)^2 + 1/2 d' d / S,
            plus 1/2 log det(1 + S sum_t H_t' W_t H_t)

which is minus the log of the marginal likelihood under weights that stand still. Without the second
term the scene would be chosen to suit the optics: joint estimates of both are biased (L. Blanco and
L. M. Mugnier, Opt. Express 19, 23227 (2011)). The determinant is taken frequency by frequency, in
proportion to the area that the pixels cover. At the minimum over d the gradient of the first term
is that at fixed d: scenes are solved for without a graph, and gradients flow through transfers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hil.twin.data import TrialData
from hil.twin.prior import better_prior, first_prior
from hil.twin.scatter import by_block, spread
from hil.twin.scenes import Prior, SceneSolver, TrialOptics, density_weights, normal_matrix
from hil.twin.start import WindowedLikelihood
from sim.parts.unknown import SceneOptics, Settings


@dataclass(slots=True)
class Slope:
    """L and what moves it.

    Parameters
    ----------
    value
        L; rounding leaves it a few tenths uncertain.
    gradient
        (unknowns,) of L.
    d
        The scenes less their mean.
    """

    value: float
    gradient: torch.Tensor
    d: torch.Tensor


class Likelihood:
    """L, for frames of several trials at known settings.

    Parameters
    ----------
    optics
        The rig.
    settings
        Of each trial.
    data
        The frames, one a trial.
    known
        (fields, planes, *grid) the scenes, where they are known: then L is the misfit alone.

    Attributes
    ----------
    prior, weights
        As they are now; `learn` brings them up to date.
    settings, known
        As given.
    """

    def __init__(
        self,
        optics: SceneOptics,
        settings: Sequence[Settings],
        data: Sequence[TrialData],
        known: torch.Tensor | None = None,
    ) -> None:
        self._optics = optics
        self.settings = settings
        self.data = data
        self._grid = optics.grid(settings)
        self.weights = [one.weights(one.smooth()) for one in data]
        self.prior: Prior | None = None
        self.known = known

    @property
    def n_fields(self) -> int:
        """How many fields of view the frames show."""
        return len(self.data[0].y)

    @property
    def lit_alike(self) -> bool:
        """Whether all trials had the same light: an even scene is as bright in all of them."""
        start = torch.tensor([one.start for one in self._optics.unknowns], dtype=torch.float64)
        with torch.no_grad():
            transfers = self.optics(start).transfers
        light = torch.stack([one[:, 0, 0].real.sum() for one in transfers])
        return bool(light.max() < 1.01 * light.min())

    def of(self, optics: SceneOptics) -> Likelihood:
        """Give the same of a rig with other unknowns."""
        other = Likelihood(optics, self.settings, self.data, self.known)
        other.weights, other.prior = self.weights, self.prior
        return other

    def optics(self, values: torch.Tensor) -> TrialOptics:
        """Give the response of all trials; gradients flow from `values`."""
        found = [self._optics.respond(values, one, self._grid) for one in self.settings]
        return TrialOptics(
            [one.transfer.to(torch.complex64) for one in found],
            [one.even_e for one in found],
            [one.sampling for one in found],
        )

    def begin(self, values: torch.Tensor) -> None:
        """Start the prior from the frames' own mean and variance."""
        with torch.no_grad():
            optics = self.optics(values)
            mean = self._mean(optics)
            share = torch.stack([one[:, 0, 0].real for one in optics.transfers]).sum(dim=1)
            levels = [
                float((one.y.std(dim=(1, 2)).square()).mean() - one.floor) / float(s) ** 2
                for one, s in zip(self.data, share, strict=True)
            ]
            variance = max(max(levels), 1e-6 * float(mean.square().mean()))
            self.prior = first_prior(optics, mean, torch.full_like(mean, 4 * variance))

    def learn(self, values: torch.Tensor, d: torch.Tensor) -> None:
        """Bring weights and prior up to date with what is known of the scenes."""
        with torch.no_grad():
            optics = self.optics(values)
            spectrum = torch.fft.rfft2(self.scenes(d))
            self.weights = [
                one.weights(optics.expected(trial, spectrum)) for trial, one in enumerate(self.data)
            ]
            if self.known is not None:
                return
            assert self.prior is not None
            dense = density_weights(self.data, optics, self.weights)
            inside = self._inside(optics)
            self.prior = better_prior(self.prior, d, optics, dense, inside)

    def scenes(self, d: torch.Tensor) -> torch.Tensor:
        """Give the scenes, (fields, planes, *grid)."""
        if self.known is not None:
            return self.known
        assert self.prior is not None
        return d + self.prior.mean.to(torch.float32)[None, :, None, None]

    def solver(self, values: torch.Tensor) -> SceneSolver:
        """Give what solves for the scenes."""
        assert self.prior is not None
        with torch.no_grad():
            return SceneSolver(self.data, self.optics(values), self.weights, self.prior)

    def windowed(self, values: torch.Tensor) -> WindowedLikelihood:
        """Give the likelihood of windowed frames, to begin with."""
        assert self.prior is not None
        with torch.no_grad():
            return WindowedLikelihood(self.optics, values, self.data, self.weights, self.prior)

    def slope(self, values: torch.Tensor, start: torch.Tensor | None = None) -> Slope:
        """Give L and its gradient; `start` is d at values nearby."""
        assert self.prior is not None
        leaf = values.detach().clone().requires_grad_()
        with torch.enable_grad():
            optics = self.optics(leaf)
        still = TrialOptics(
            [one.detach() for one in optics.transfers],
            [one.detach() for one in optics.even_e],
            optics.samplings,
        )
        with torch.no_grad():
            solver = SceneSolver(self.data, still, self.weights, self.prior)
            d = solver.solve(start)
            of_d = torch.fft.rfft2(d)
            spectrum = torch.fft.rfft2(self.scenes(d))
            rough = 0.5 * float(
                (d * torch.fft.irfft2(self.prior.whiten(of_d), s=self._grid)).sum(
                    dtype=torch.float64
                )
            )
        handles: list[torch.Tensor] = []
        total = rough
        for trial, one in enumerate(self.data):
            total += self._misfit(trial, one, still, spectrum)
        handles = [*still.transfers, *still.even_e]
        total += self._volume(still)
        grads = [handle.grad for handle in handles]
        outputs = [*optics.transfers, *optics.even_e]
        live = [
            (out, g)
            for out, g in zip(outputs, grads, strict=True)
            if out.requires_grad and g is not None
        ]
        torch.autograd.backward([out for out, _ in live], [g.to(out.dtype) for out, g in live])
        assert leaf.grad is not None
        return Slope(total, leaf.grad.detach(), d)

    def scatter(
        self, values: torch.Tensor, d: torch.Tensor, steps: Sequence[float]
    ) -> torch.Tensor:
        """Give the covariance of the gradient by how it varies over blocks of pixels."""
        with torch.no_grad():
            spectrum = torch.fft.rfft2(self.scenes(d))
            here = self.optics(values)
            residuals = [
                self.weights[trial] * (one.y - here.expected(trial, spectrum))
                for trial, one in enumerate(self.data)
            ]
            rows = []
            for number, step in enumerate(steps):
                moved = values.clone()
                moved[number] += step
                there = self.optics(moved)
                blocks = [
                    by_block(w_r * (there.expected(t, spectrum) - here.expected(t, spectrum)))
                    for t, w_r in enumerate(residuals)
                ]
                rows.append(torch.stack(blocks).sum(dim=0) / step)
            return spread(torch.stack(rows))

    def _misfit(
        self, trial: int, one: TrialData, still: TrialOptics, spectrum: torch.Tensor
    ) -> float:
        for handle in (still.transfers[trial], still.even_e[trial]):
            handle.requires_grad_()
        with torch.enable_grad():
            residual = one.y - still.expected(trial, spectrum)
            loss = 0.5 * (self.weights[trial] * residual.square()).sum(dtype=torch.float64)
            loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _volume(self, still: TrialOptics) -> float:
        """Second term of L."""
        assert self.prior is not None
        with torch.no_grad():
            dense = density_weights(self.data, still, self.weights)
        with torch.enable_grad():
            loss = self.n_fields * self._share(still) * volume(still, dense, self.prior)
            loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _share(self, optics: TrialOptics) -> float:
        """How much of the grid the pixels cover."""
        rows, columns = self._inside(optics)
        size = (rows.stop - rows.start) * (columns.stop - columns.start)
        return float(size / (self._grid[0] * self._grid[1]))

    def _inside(self, optics: TrialOptics) -> tuple[slice, slice]:
        """Where all trials have pixels."""
        places: list[list[torch.Tensor]] = []
        for sampling in optics.samplings:
            one = self.data[0].y.new_ones(1, *self.data[len(places)].y.shape[1:])
            seen = sampling.spread(one)[0] != 0
            places.append([torch.nonzero(seen.any(dim=axis)).flatten()[[0, -1]] for axis in (1, 0)])
        rows, columns = (
            slice(
                max(int(place[axis][0]) for place in places),
                min(int(place[axis][1]) for place in places) + 1,
            )
            for axis in range(2)
        )
        return rows, columns

    def _mean(self, optics: TrialOptics) -> torch.Tensor:
        """Give the level of each plane that the frames' means tell; planes alike if they cannot."""
        rows: list[torch.Tensor] = []
        right: list[float] = []
        for one, transfer, even in zip(self.data, optics.transfers, optics.even_e, strict=True):
            pixel = optics.samplings[len(rows)].sample(torch.ones(1, *self._grid))
            weight = 1 / max(one.floor + one.slope * float(one.y.mean()), 1e-6) ** 0.5
            gain = transfer[:, 0, 0].real.double() * float(pixel.mean())
            rows.append(gain * weight)
            right.append((float(one.y.mean()) - float(even)) * weight)
        matrix, vector = torch.stack(rows), torch.tensor(right, dtype=torch.float64)
        planes = matrix.shape[1]
        alike = matrix.sum(dim=1)
        level = float(alike @ vector / (alike @ alike))
        ridge = 1e-2 * float(matrix.square().sum()) / planes
        square = matrix.T @ matrix + ridge * torch.eye(planes, dtype=torch.float64)
        rest = torch.linalg.solve(square, matrix.T @ (vector - alike * level))
        found: torch.Tensor = (level + rest).clamp(min=1e-3 * abs(level))
        return found


def volume(optics: TrialOptics, dense: Sequence[float], prior: Prior) -> torch.Tensor:
    """1/2 log det(1 + S sum_t H' W H) of a whole grid of one field, frequency by frequency."""
    normal = normal_matrix(optics.transfers, dense)
    width = optics.grid[1]
    twice = torch.full((normal.shape[1],), 2.0)
    twice[0] = 1.0
    if width % 2 == 0:
        twice[-1] = 1.0
    if normal.shape[-1] == 1:
        logs = torch.log1p(normal[..., 0, 0] * prior.variance[0])
    else:
        root = prior.variance.sqrt().permute(1, 2, 0)
        scaled = root[..., :, None] * normal * root[..., None, :]
        eye = torch.eye(normal.shape[-1], dtype=scaled.dtype)
        logs = torch.linalg.slogdet(eye + scaled)[1]
    return 0.5 * (logs * twice).sum(dtype=torch.float64)
