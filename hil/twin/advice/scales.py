"""Whether settings move the optics by what they say: scales are fitted beside the unknowns.

A mode with a wrong sign or a wrong scale, or a pupil of another size, leaves frames that the rig
explains almost: residuals hardly tell. Scales do, as soon as there are several settings; 1 is
right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from hil.twin.data import TrialFrames
from hil.twin.fit import fit
from hil.twin.twin import Twin
from sim.parts.unknown import Response, SceneOptics, Settings, Unknown

_SCALE = 0.1
_STEP = 0.02
_LARGEST = 3.0
_SURE_SDS = 3.0


class _Scaled:
    """A rig of which some settings act by what they say times an unknown; see `SceneOptics`."""

    def __init__(self, optics: SceneOptics, names: Sequence[str]) -> None:
        self._optics, self._names = optics, names
        self.planes, self.settings, self.places = optics.planes, optics.settings, optics.places
        self.unknowns = (
            *optics.unknowns,
            *(Unknown(name, "", 1.0, _SCALE, -_LARGEST, _LARGEST) for name in names),
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._optics, name)

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        n = len(self._optics.unknowns)
        scales = values[n:]
        now = scales.tolist()
        graded = {
            name: scale * float(settings[name])
            for name, scale in zip(self._names, scales, strict=True)
            if name in self._optics.graded
        }
        at: Any = {**self._at(settings, now), **graded}
        found = self._optics.respond(values[:n], at, grid)
        if not (torch.is_grad_enabled() and values.requires_grad):
            return found
        # other settings are plain numbers to a rig: what scales do comes from differences
        transfer, even = found.transfer, found.even_e
        plain = [i for i, name in enumerate(self._names) if name not in graded]
        with torch.no_grad():
            moved = [self._moved(values[:n], settings, now, i, grid) for i in plain]
        for i, there in zip(plain, moved, strict=True):
            by = (scales[i] - now[i]) / _STEP
            transfer = transfer + by * (there.transfer - found.transfer.detach())
            even = even + by * (there.even_e - found.even_e.detach())
        return Response(transfer, even, found.sampling)

    def _moved(
        self,
        values: torch.Tensor,
        settings: Settings,
        now: Sequence[float],
        number: int,
        grid: tuple[int, int],
    ) -> Response:
        there = [one + _STEP * (i == number) for i, one in enumerate(now)]
        return self._optics.respond(values.detach(), self._at(settings, there), grid)

    def _at(self, settings: Settings, scales: Sequence[float]) -> Settings:
        by = zip(self._names, scales, strict=True)
        return {**settings, **{name: scale * float(settings[name]) for name, scale in by}}


@dataclass(frozen=True, slots=True)
class Scales:
    """What was found.

    Parameters
    ----------
    values
        Setting to what it moves the optics by, over what it says.
    sds
        Their standard deviations.
    twin
        The fit that they are of; its first unknowns are the rig's.
    """

    values: dict[str, float]
    sds: dict[str, float]
    twin: Twin

    def wrong(self, allowed: float) -> dict[str, float]:
        """Give those that surely differ from 1, and by more than is allowed."""
        return {
            name: value
            for name, value in self.values.items()
            if abs(value - 1) > max(allowed, _SURE_SDS * self.sds[name])
        }


def fit_scales(twin: Twin, trials: Sequence[TrialFrames], names: Sequence[str]) -> Scales:
    """Fit the scales of settings, and the unknowns again.

    Parameters
    ----------
    twin
        Fitted to the same trials.
    names
        Settings that the optics take; those that never moved tell nothing and are left out.
    """
    moved = [name for name in names if len({float(one.settings[name]) for one in trials}) > 1]
    optics = cast(SceneOptics, _Scaled(twin.optics, moved))
    start = [*twin.values.tolist(), *(1.0 for _ in moved)]
    found = fit(trials, optics, start=start, all_scenes=False)
    n = len(twin.optics.unknowns)
    values, sds = found.values[n:].tolist(), found.sds[n:].tolist()
    return Scales(dict(zip(moved, values, strict=True)), dict(zip(moved, sds, strict=True)), found)
