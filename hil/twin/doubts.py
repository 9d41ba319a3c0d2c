"""What was taken as said, and the frames speak against: the score test.

g, H : gradient and curvature of L in all unknowns, those in doubt (e) and those fitted (r)
    g_e' = g_e - H_er H_rr^-1 g_r,   H_e' = H_ee - H_er H_rr^-1 H_re
    off = -g_e' / H_e', and its standard deviation 1 / sqrt(H_e')

(C. R. Rao, Math. Proc. Camb. Phil. Soc. 44, 50 (1948)). One unknown in doubt at a time: of two
that do nearly the same both are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from hil.twin.likelihood import Likelihood
from sim.parts.unknown import Response, SceneOptics, Settings, Unknown

_SURE = 5.0
_LEAST_SCALES = 0.3  # of its scale: less is not worth a word
_AHEAD = 0.2  # scales
_LEAST_ADU, _FURTHEST_ADU = 1.0, 1e4
_AXES = "axis_scale."
_SHUTTER = "exposures are not as long as they say"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A number that was taken as said.

    Parameters
    ----------
    name, unit
        As the rig file has it, or `SceneOptics.further`.
    said, seems
        What it is said to be, and about what it seems to be.
    sds
        How far off it is, in standard deviations.
    fitted
        Whether it can be asked for as an unknown of its own.
    besides
        What else would seem so; empty for nothing.
    """

    name: str
    said: float
    seems: float
    sds: float
    unit: str = ""
    fitted: bool = True
    besides: str = ""

    @property
    def words(self) -> str:
        """Say it to a person."""
        sure = f"({self.sds:.0f} sd)"
        if self.name.startswith(_AXES):
            axis = self.name.removeprefix(_AXES)
            return f"{axis} seems to move {self.seems:.2g} times what it says {sure}"
        unit = f" {self.unit}" if self.unit else ""
        end = f", or {self.besides}" if self.besides else ""
        return f"{self.name} seems to be {self.seems:.3g}{unit}, not {self.said:.3g} {sure}{end}"


def doubted(
    unknown: Unknown,
    off: float,
    sd: float,
    *,
    sure: float = _SURE,
    fitted: bool = True,
    besides: str = "",
) -> Doubt | None:
    """Give the doubt that a number so far off is worth; None for none.

    Parameters
    ----------
    unknown
        Which; `start` is what it was taken as.
    off, sd
        How far from that it seems to be, and the standard deviation.
    sure
        Standard deviations from which it is no chance.
    fitted, besides
        As `Doubt` has them.
    """
    if sd <= 0 or abs(off) <= max(sure * sd, _LEAST_SCALES * unknown.scale):
        return None
    seems = min(max(unknown.start + off, unknown.low), unknown.high)
    return Doubt(unknown.name, unknown.start, seems, abs(off) / sd, unknown.unit, fitted, besides)


def doubts(
    likelihood: Likelihood,
    optics: SceneOptics,
    names: Sequence[str],
    values: torch.Tensor,
    curvature: torch.Tensor,
    d: torch.Tensor,
) -> tuple[Doubt, ...]:
    """Test `names`, none of which was fitted, and the camera's offset; worst first.

    Parameters
    ----------
    values, curvature, d
        Where the fit came to, and H_rr.
    """
    fitted = [one.name for one in optics.unknowns if one.name in optics.further]
    found = []
    for name in names:
        wider = optics.with_further([*fitted, name])
        off, sd = _step(likelihood, wider, values, curvature, d)
        found.append(doubted(wider.unknowns[-1], off, sd))
    if likelihood.lit_alike:
        return _worst_first(found)
    dark = WithOffset(optics, likelihood.settings[0], _offset(likelihood, optics))
    off, sd = _step(likelihood, dark, values, curvature, d)  # type: ignore[arg-type]
    found.append(doubted(dark.unknowns[-1], off, sd, fitted=False, besides=_SHUTTER))
    return _worst_first(found)


def _offset(likelihood: Likelihood, optics: SceneOptics) -> Unknown:
    sheet = optics.converter(likelihood.settings[0])
    scale = max(_LEAST_ADU, 0.5 * sheet.read_noise_e / sheet.gain_e_per_adu)
    low, high = sheet.offset_adu - _FURTHEST_ADU, sheet.offset_adu + _FURTHEST_ADU
    return Unknown("offset_adu", "ADU", sheet.offset_adu, scale, low, high)


def _worst_first(found: Sequence[Doubt | None]) -> tuple[Doubt, ...]:
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.sds))


def _step(
    likelihood: Likelihood,
    wider: SceneOptics,
    values: torch.Tensor,
    curvature: torch.Tensor,
    d: torch.Tensor,
) -> tuple[float, float]:
    """Tell how far off the last unknown of `wider` is, and its standard deviation; 0 for nobody."""
    extra = wider.unknowns[-1]
    larger = likelihood.of(wider)
    at = torch.cat([values, torch.tensor([extra.start], dtype=torch.float64)])
    here = larger.slope(at, d)
    ahead = at.clone()
    ahead[-1] += _AHEAD * extra.scale
    column = (larger.slope(ahead, here.d).gradient - here.gradient) / (_AHEAD * extra.scale)
    ridge = 1e-9 * curvature.diagonal().abs().max() * torch.eye(len(values)).double()
    solved = torch.linalg.solve(curvature + ridge, column[:-1])
    bent = float(column[-1] - column[:-1] @ solved)
    slope = float(here.gradient[-1] - solved @ here.gradient[:-1])
    return (0.0, 0.0) if bent <= 0 else (-slope / bent, bent**-0.5)


class WithOffset:
    """A rig whose camera adds to every pixel what is not said: the last of the values, ADU.

    Light that goes with the exposure has none of it: trials of other exposures tell it apart.

    Parameters
    ----------
    optics
        The rig.
    settings
        Of any trial.
    offset
        What it is said to be.
    """

    def __init__(self, optics: SceneOptics, settings: Settings, offset: Unknown) -> None:
        self._optics = optics
        self._e_per_adu = optics.converter(settings).gain_e_per_adu
        self.unknowns = (*optics.unknowns, offset)

    def grid(self, settings: Sequence[Settings]) -> tuple[int, int]:
        """See `SceneOptics`."""
        return self._optics.grid(settings)

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        """See `SceneOptics`."""
        found = self._optics.respond(values[:-1], settings, grid)
        beyond_adu = values[-1] - self.unknowns[-1].start
        return replace(found, even_e=found.even_e + beyond_adu * self._e_per_adu)
