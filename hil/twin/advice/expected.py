"""How much information settings would give, by what is known of the optics.

    I = 1/2 sum over frequencies of log(1 + w S |T|^2)

T : transfer at the settings, S : power of the scenes, w : weight of a pixel (`hil.twin.scenes`).
It is the bound of Gaussian scenes, in nats; settings are compared by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from drivers.types import Value
from hil.twin.data import TrialFrames, take_in
from hil.twin.likelihood import Likelihood, volume
from hil.twin.scenes import TrialOptics, density_weights
from hil.twin.twin import Twin
from sim.parts.unknown import SceneOptics, Settings

_ROUNDS = 2  # of learning the scenes' power
_STEP = 0.01  # of an axis' range, for differences


def light_of(optics: SceneOptics, settings: Settings) -> float:
    """Tell how bright a scene of 1 would be at these settings, electrons a pixel, about."""
    values = torch.tensor([one.start for one in optics.unknowns], dtype=torch.float64)
    with torch.no_grad():
        answer = optics.respond(values, settings, optics.grid([settings]))
    return float(answer.transfer.abs().max())


class ExpectedInformation:
    """I, under a twin that `hil.twin.fit` gave.

    Parameters
    ----------
    twin, trials
        The fit, and what it was fitted to: that tells how rough scenes are, and the noise.
    """

    def __init__(self, twin: Twin, trials: Sequence[TrialFrames]) -> None:
        self._twin = twin
        settings = [one.settings for one in trials]
        data = [take_in(one, twin.optics.converter(one.settings), [0]) for one in trials]
        likelihood = Likelihood(twin.optics, settings, data)
        likelihood.begin(twin.values)
        with torch.no_grad():
            for _ in range(_ROUNDS):
                likelihood.learn(twin.values, likelihood.solver(twin.values).solve())
            assert likelihood.prior is not None
            self._prior = likelihood.prior
            optics = likelihood.optics(twin.values)
            dense = density_weights(likelihood.data, optics, likelihood.weights)
        self._grid = optics.grid
        self._weight = float(np.mean(dense))

    def nats(self, settings: Mapping[str, Value]) -> float:
        """Give I of one field of view."""
        with torch.no_grad():
            answer = self._twin.optics.respond(self._twin.values, settings, self._grid)
            optics = TrialOptics(
                [answer.transfer.to(torch.complex64)], [answer.even_e], [answer.sampling]
            )
            return float(volume(optics, [self._weight], self._prior))

    def best(
        self,
        ranges: Sequence[tuple[str, float, float]],
        start: Mapping[str, float],
        settings: Callable[[Mapping[str, float]], Mapping[str, Value]],
        most: int = 12,
    ) -> dict[str, float]:
        """Find where I is largest, uphill from `start`.

        Parameters
        ----------
        ranges
            Name, lowest and highest value of what may be moved.
        settings
            Completes values of these to all settings that the optics ask for.
        most
            Steps.
        """
        from scipy.optimize import minimize

        names = [name for name, _, _ in ranges]
        low, span = (
            np.array([one[1] for one in ranges]),
            np.array([one[2] - one[1] for one in ranges]),
        )

        def at(x: NDArray[np.float64]) -> dict[str, float]:
            return dict(zip(names, (low + x * span).tolist(), strict=True))

        first = np.clip((np.array([start[name] for name in names]) - low) / span, 0.0, 1.0)
        scale = max(self.nats(settings(at(first))), 1e-9)

        def lost(x: NDArray[np.float64]) -> float:
            return -self.nats(settings(at(x))) / scale

        options: Any = {"maxiter": most, "eps": _STEP, "ftol": 1e-5}
        found = minimize(
            lost,
            np.asarray(first),
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(names),
            options=options,
        )
        return at(np.clip(found.x, 0.0, 1.0))
