"""A rig fitted to recorded frames, and what the fit says of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from drivers.types import Value
from hil.twin.doubts import Doubt
from sim.parts.unknown import Finished, SceneOptics, Settings, Told

Z95 = 1.959964
MOST_EXCESS = 0.10
"""How much more than noise a fit may leave, as a share of it, over all trials."""
MOST_OF_ONE = 0.5
"""The same for a single trial."""
MOST_UNEVEN_SDS = 5.0
"""How far residuals may differ from trial to trial, beyond chance, where that is looked at."""
MOST_ALIKE = 0.05
"""Most correlation of neighbouring residuals where their size tells the gain."""
SURE_SDS = 5.0
"""An offset that is further from the one said is a number of the rig's own."""
HINT_SDS = 2.0
"""What frames speak against by more may be wrong, if it is not yet doubted: intervals allow it."""
WEAK_SCALES = 3.0
"""An unknown whose standard deviation is more than so many scales is not told by the frames."""

_UNTOLD = "alike in all trials, as the scene's own sharpness: a known scene alone tells it"
_GAIN = "light and gain: brightness tells only light / gain, the noise tells the gain"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the rig with its 95 % interval.

    Parameters
    ----------
    name, unit
        As the rig has it.
    value, low, high
        Most likely value, and the ends of the interval.
    told
        Whether the frames say anything of it.
    note
        What it cannot be told from; empty for nothing.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    told: bool = True
    note: str = ""


_Row = TypeVar("_Row", Parameter, Told)


@dataclass(frozen=True, slots=True)
class Residual:
    """What the fit leaves of one trial.

    Parameters
    ----------
    trial
        Its place among those that were fitted.
    ratio
        Squared residuals over what noise leaves, 1 for a perfect model.
    left_out
        The same where the scenes were found without this trial; NaN where it was not left out.
    alike
        Correlation of the residuals of neighbouring pixels, 0 for noise.
    """

    trial: int
    ratio: float
    left_out: float = float("nan")
    alike: float = 0.0


@dataclass(frozen=True, slots=True)
class Gain:
    """The camera's gain, told by what noise a fit leaves.

    Parameters
    ----------
    ratio, sd
        True over said gain, and its standard deviation.
    """

    ratio: float
    sd: float


@dataclass(frozen=True, slots=True)
class Offset:
    """The camera's offset, told by light that longer exposures do not bring.

    Parameters
    ----------
    beyond_adu, sd_adu
        How far it lies above the one that is said, and its standard deviation.
    """

    beyond_adu: float
    sd_adu: float

    @property
    def sure(self) -> bool:
        """Whether it is surely not as said."""
        return abs(self.beyond_adu) > SURE_SDS * self.sd_adu


@dataclass(slots=True)
class Twin:
    """A simulated rig whose unknowns, and the scenes, were fitted to recorded frames.

    Parameters
    ----------
    optics
        The rig.
    values
        Of its unknowns.
    covariance
        (unknowns, unknowns) of them.
    converged
        Whether the fit came to an end.
    residuals
        One a trial.
    scenes
        (fields, planes, height, width), of all fields of view.
    floor
        Least of the scenes, noise left out, and the highest that it can be with 97.5 %.
    rounds
        Steps that the fit took.
    gain
        What the noise says of the camera's gain, in said units; None where it was not asked for.
    doubts
        What was taken as said, and the frames speak against.
    grain
        As `scenes`: a draw of what the frames leave open of them. The most likely scenes are
        smoother than the sample is, and would show too little information.
    uneven_sds
        How far residuals differ from trial to trial beyond chance, in its standard deviations.
    offset
        What the frames say of the camera's offset; None where it was taken as said.
    open_to
        (unknowns,) how far each would move for what else may be wrong (`Unknown.seems`) as far as
        the frames allow that, with 95 %; empty where nobody knows.
    open_sds
        By how many standard deviations frames speak for that.
    """

    optics: SceneOptics
    values: torch.Tensor
    covariance: torch.Tensor
    converged: bool
    residuals: Sequence[Residual]
    scenes: NDArray[np.float32]
    floor: tuple[float, float]
    rounds: int
    gain: Gain | None = None
    doubts: Sequence[Doubt] = ()
    grain: NDArray[np.float32] = field(default_factory=lambda: np.zeros(1, np.float32), repr=False)
    state: object = field(default=None, repr=False)
    uneven_sds: float = 0.0
    offset: Offset | None = None
    open_to: Sequence[float] = ()
    open_sds: float = 0.0

    @property
    def excess(self) -> float:
        """How much more than noise the fit leaves, as a share of it."""
        return float(np.mean([one.ratio for one in self.residuals])) - 1

    @property
    def fits(self) -> bool:
        """Whether the rig explains the frames: without it no number here means anything."""
        return not self.misfits

    @property
    def misfits(self) -> tuple[str, ...]:
        """Say what speaks against the fit, in words; empty for nothing."""
        found = []
        if not self.converged:
            found.append("the fit did not come to an end")
        if abs(self.excess) > MOST_EXCESS:
            found.append(
                f"residuals are {1 + self.excess:.2f} times the noise, allowed:"
                f" {1 - MOST_EXCESS:g} to {1 + MOST_EXCESS:g}"
            )
        worst = max(self.residuals, key=lambda one: one.ratio)
        if worst.ratio > 1 + MOST_OF_ONE:
            found.append(
                f"trial {worst.trial} leaves {worst.ratio:.2f} times the noise, allowed:"
                f" {1 + MOST_OF_ONE:g}"
            )
        if self.uneven_sds > MOST_UNEVEN_SDS:
            found.append(
                f"residuals differ from trial to trial by {self.uneven_sds:.0f} sd more than"
                f" chance, allowed: {MOST_UNEVEN_SDS:g}"
            )
        alike = max(one.alike for one in self.residuals)
        if self.gain is not None and alike > MOST_ALIKE:
            found.append(f"residuals of neighbouring pixels are alike, by {alike:.2f}")
        found += [one.words for one in self.doubts]
        for unknown, value in zip(self.optics.unknowns, self.values.tolist(), strict=True):
            if not unknown.low < value < unknown.high:
                found.append(f"{unknown.name} came to the end of its range, {value:g}")
        return tuple(found)

    @property
    def sds(self) -> NDArray[np.float64]:
        """Standard deviation of each unknown."""
        found: NDArray[np.float64] = self.covariance.diagonal().sqrt().numpy()
        return found

    def parameters(self) -> tuple[Parameter, ...]:
        """List the unknowns with their intervals."""
        rows = []
        partners, seems = self._partners(), self._seems()
        for number, one in enumerate(self.optics.unknowns):
            value, sd = float(self.values[number]), float(self.sds[number])
            told = sd <= WEAK_SCALES * one.scale
            note = partners.get(number, "")
            if not told and not note:
                note = "the frames do not tell it"
            if number in seems:
                note = f"{note}; {one.seems}" if note else one.seems
            far = Z95 * sd
            if self.open_to and (seems or self.open_sds > HINT_SDS):
                # if something else is wrong, all of them are otherwise
                far += self.open_to[number]
            low, high = (min(max(value + sign * far, one.low), one.high) for sign in (-1, 1))
            row = Parameter(one.name, one.unit, value, low, high, told, note)
            rows.append(self._of_gain(row) if one.name in self.optics.lights else row)
        rows += [
            Parameter(one.name, one.unit, one.start, one.low, one.high, False, _UNTOLD)
            for one in self.optics.untold
        ]
        if self.gain is not None:
            low, high = (self.gain.ratio + sign * Z95 * self.gain.sd for sign in (-1, 1))
            rows.append(Parameter("gain", "of that said", self.gain.ratio, low, high, True, _GAIN))
        if self.offset is not None and self.offset.sure:
            beyond, sd = self.offset.beyond_adu, self.offset.sd_adu
            low, high = (beyond + sign * Z95 * sd for sign in (-1, 1))
            rows.append(Parameter("offset_adu", "ADU beyond that said", beyond, low, high))
        return tuple(rows)

    def finished(self, places: Sequence[Settings]) -> Finished:
        """Give the options and the scene of the rig; `places` one for each field of view."""
        scenes, lights = self.scenes + self.grain, self.optics.lights
        floor = self.floor
        if self.gain is not None and self.optics.aliased:  # the scene alone carries the light
            scenes, ratio = scenes * np.float32(self.gain.ratio), self.gain.ratio
            floor = floor[0] * ratio, floor[1] * (ratio + Z95 * self.gain.sd)
        done = self.optics.finish(self.values.tolist(), scenes, places, floor)
        if self.gain is None:
            return done
        told = tuple(self._of_gain(one) if one.name in lights else one for one in done.told)
        options = {
            name: value * self.gain.ratio if name in lights else value
            for name, value in done.options.items()
        }
        return replace(done, told=told, options=options)

    def _of_gain(self, one: _Row) -> _Row:
        """Give a light in true electrons, as unsure as the gain besides."""
        if self.gain is None:
            return one
        ratio, sd = self.gain.ratio, self.gain.sd
        low, high = (
            one.value * ratio + sign * math.hypot(ratio * (one.value - end), Z95 * sd * one.value)
            for sign, end in ((-1, one.low), (1, one.high))
        )
        return replace(one, value=one.value * ratio, low=max(0.0, low), high=high)

    def correction(
        self, limits: Mapping[str, tuple[float, float]] | None = None
    ) -> dict[str, float]:
        """Give the settings that the fitted optics say are best.

        Parameters
        ----------
        limits
            Setting to lowest and highest value; those left out have none.
        """
        best = self.optics.correction(self.values.tolist())
        for name, (low, high) in (limits or {}).items():
            if name in best:
                best[name] = min(max(best[name], low), high)
        return best

    def expected(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Predict every field of view at these settings, (fields, ...).

        In electrons as gain and offset that are said make them of the camera's numbers.
        """
        grid = (self.scenes.shape[-2], self.scenes.shape[-1])
        with torch.no_grad():
            answer = self.optics.respond(self.values, settings, grid)
            spectrum = torch.fft.rfft2(torch.from_numpy(self.scenes))
            light = (spectrum * answer.transfer).sum(dim=1)
            images = answer.sampling.sample(torch.fft.irfft2(light, s=grid))
            even = answer.even_e
            if self.offset is not None:
                said = self.optics.converter(settings).gain_e_per_adu
                even = even + self.offset.beyond_adu * said
            found: NDArray[np.float32] = (images + even).to(torch.float32).numpy()
        return found

    def _seems(self) -> set[int]:
        """Find the unknowns that are surely not as said, for which something else may answer."""
        found = set()
        for number, one in enumerate(self.optics.unknowns):
            off, sd = abs(float(self.values[number]) - one.start), float(self.sds[number])
            told = sd <= WEAK_SCALES * one.scale
            # what frames tell of the rest leaves nothing open that an interval has not
            closed = bool(self.open_to) and self.open_to[number] < Z95 * sd
            if one.seems and told and off > Z95 * sd and not closed:
                found.add(number)
        return found

    def _partners(self) -> dict[int, str]:
        """Name what an unknown cannot be told from: they err together."""
        names = [one.name for one in self.optics.unknowns]
        sd = self.covariance.diagonal().sqrt()
        correlation = self.covariance / torch.outer(sd, sd)
        found = {}
        for number in range(len(names)):
            others = [
                names[other]
                for other in range(len(names))
                if other != number and abs(float(correlation[number, other])) > 0.95
            ]
            if others:
                found[number] = f"hardly told from {', '.join(others)}"
        return found
