"""Fits, and what follows from them for the settings of the next trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from drivers.types import Value
from hil.proposer.by_model.seen import Seen
from hil.proposer.plan import ModelRig, NoFrames, SearchPlan
from hil.spec import SearchAxis

if TYPE_CHECKING:
    from hil.twin import TrialFrames, Twin
    from hil.twin.advice.expected import ExpectedInformation

_CANDIDATES = 8
_PARTS = (0.15, 0.3, 0.5, 0.8)
"""Of the half-range, for candidates that differ from the present settings."""
_DRAWS = 2
_LIKELY_SCALES = 3.0
_ROUND = 1e-5
"""Of a range: settings are rounded to it, so that the last digits of a fit make no difference."""
_SCALE_OFF = 0.1
_REACHES = (0.4, 0.28, 0.2, 0.14, 0.1, 0.07, 0.05, 0.035, 0.025)
_ARMS = 3
_LOSS = 0.1


@dataclass(frozen=True, slots=True)
class Rescaled:
    """A correction by scales that are wrong, and which they are."""

    settings: Mapping[str, Value]
    why: str


class Adviser:
    """Reads frames, fits, and proposes.

    Parameters
    ----------
    plan, rig
        As for `hil.proposer.by_model.steps.ModelSteps`.
    """

    def __init__(self, plan: SearchPlan, rig: ModelRig) -> None:
        self._plan, self._rig = plan, rig
        self._fit: tuple[tuple[object, ...], Fitted] | None = None

    def fit(self, seen: Seen) -> Fitted:
        """Fit the model to the frames so far; from the same start, whatever was fitted before."""
        key = (tuple(row.number for row in seen.used), seen.fields)
        if self._fit is None or self._fit[0] != key:
            from hil.twin import fit

            trials = self._frames(seen)
            twin = fit(trials, self._rig.optics, all_scenes=False)
            self._fit = key, Fitted(self._plan, self._rig, trials, twin)
        return self._fit[1]

    def differing(self, seen: Seen, fitted: Fitted | None, number: int) -> dict[str, Value]:
        """Give the settings, of some that differ from the present ones, that would tell most."""
        candidates = self._candidates(seen, fitted, number)
        if not seen.used:
            return candidates[0]
        from hil.twin.advice.diversity import Diversity

        unknowns = self._rig.optics.unknowns
        if fitted is None:
            rng = np.random.default_rng((self._plan.seed, number, 3))
            lots = [
                [one.start + _LIKELY_SCALES * one.scale * rng.standard_normal() for one in unknowns]
                for _ in range(_DRAWS)
            ]
        else:
            lots = [fitted.twin.values.tolist()]
        pending = [self._rig.settings(row.requested) for row in seen.pending]
        told = Diversity(self._frames(seen), self._rig.optics, lots, pending)
        left = [told.left(self._rig.settings(one)) for one in candidates]
        return candidates[int(np.argmin(left))]

    def _candidates(self, seen: Seen, fitted: Fitted | None, number: int) -> list[dict[str, Value]]:
        """Give settings around the present ones, or around the correction: each axis up or down."""
        rng = np.random.default_rng((self._plan.seed, number, 4))
        axes = self._plan.axes
        middle = {axis.setting: (float(axis.low or 0) + float(axis.high or 0)) / 2 for axis in axes}
        around: Mapping[str, Any] = self._plan.start or middle
        if fitted is not None:
            around = fitted.correction()
        found = []
        for i in range(_CANDIDATES):
            signs = rng.choice([-1.0, 1.0], len(axes))
            part = _PARTS[i % len(_PARTS)]
            wanted = {
                axis.setting: float(around[axis.setting]) + sign * part * _half(axis)
                for axis, sign in zip(axes, signs, strict=True)
            }
            found.append(allowed(self._plan, wanted))
        return found

    def _frames(self, seen: Seen) -> list[TrialFrames]:
        found = [self._rig.frames(row.number, seen.fields) for row in seen.used]
        for row, one in zip(seen.used, found, strict=True):
            shape, wanted = one.frames.shape[-2:], self._rig.optics.frame_shape(one.settings)
            if shape != wanted:
                told = [f"{height} x {width}" for height, width in (shape, wanted)]
                raise NoFrames(
                    f"frames of trial {row.number} have {told[0]} pixels, and the model's {told[1]}"
                )
        return found


class Fitted:
    """The model, fitted to some trials.

    Parameters
    ----------
    plan, rig
        As for `Adviser`.
    trials, twin
        What it was fitted to, and the fit.
    """

    def __init__(
        self, plan: SearchPlan, rig: ModelRig, trials: Sequence[TrialFrames], twin: Twin
    ) -> None:
        self._plan, self._rig, self._trials, self.twin = plan, rig, trials, twin

    @property
    def residuals(self) -> float:
        """Squared, over the noise."""
        return 1 + self.twin.excess

    @property
    def left_scales(self) -> float:
        """How well the searched settings of the correction are known together, in scales."""
        optics, values = self.twin.optics, self.twin.values.tolist()
        names = [axis.setting for axis in self._plan.axes]
        here = optics.correction(values)
        rows = []
        for number, unknown in enumerate(optics.unknowns):
            there = list(values)
            there[number] += unknown.scale
            moved = optics.correction(there)
            rows.append([moved[name] - here[name] for name in names])
        by_scale = np.array(rows)
        scale = np.array([one.scale for one in optics.unknowns])
        known = self.twin.covariance.numpy() / np.outer(scale, scale)
        variance = np.diag(by_scale.T @ known @ by_scale)
        told = np.abs(by_scale).max(axis=0)
        return float(np.sqrt(np.sum(variance[told > 0] / told[told > 0] ** 2)))

    def misfit(self, *, early: bool) -> str:
        """Say what speaks against the fit; that it did not come to an end only later."""
        return misfit(self.twin, early=early)

    def correction(self) -> dict[str, Value]:
        """Give the allowed settings at which the model expects most."""
        return self._settings_of(self.twin.correction())

    def gain(self, of: Mapping[str, Value], to: Mapping[str, Value]) -> float:
        """Say how much more the model expects, as a share."""
        here = self._expected.nats(self._rig.settings(of))
        return self._expected.nats(self._rig.settings(to)) / here - 1

    def scales(self) -> Rescaled | None:
        """Look for settings that move the optics by something else than they say.

        Returns
        -------
        Rescaled or None
            None where all are right, or where that explains the frames no better.
        """
        from hil.twin.advice.scales import fit_scales

        names = [a.setting for a in self._plan.axes if a.setting in self.twin.correction()]
        found = fit_scales(self.twin, self._trials, names)
        wrong = found.wrong(_SCALE_OFF)
        if not wrong or found.twin.excess > self.twin.excess or misfit(found.twin, early=True):
            return None
        n = len(self.twin.optics.unknowns)
        wanted = self.twin.optics.correction(found.twin.values[:n].tolist())
        wanted |= {
            name: wanted[name] / scale
            for name, scale in found.values.items()
            if abs(scale) > _SCALE_OFF
        }
        told = ", ".join(f"{name} by {scale:.2f}" for name, scale in wrong.items())
        return Rescaled(self._settings_of(wanted), f"settings move the optics not by 1 but {told}")

    def reach(self, around: Mapping[str, Value]) -> float:
        """Say how far from settings the model expects a tenth less, as a share of half-ranges."""
        rng = np.random.default_rng((self._plan.seed, 5))
        arms = [rng.choice([-1.0, 1.0], len(self._plan.axes)) for _ in range(_ARMS)]
        for reach in _REACHES:
            lost = [
                -self.gain(
                    around,
                    {
                        axis.setting: float(around[axis.setting]) + sign * reach * _half(axis)
                        for axis, sign in zip(self._plan.axes, arm, strict=True)
                    },
                )
                for arm in arms
            ]
            if float(np.mean(lost)) < _LOSS:
                break
        return reach

    @cached_property
    def _expected(self) -> ExpectedInformation:
        from hil.twin.advice.expected import ExpectedInformation

        return ExpectedInformation(self.twin, self._trials)

    def _settings_of(self, wanted: Mapping[str, float]) -> dict[str, Value]:
        """Give what can be had of a correction: the best that is allowed, where it cannot all."""
        names = [axis.setting for axis in self._plan.axes]
        found = allowed(self._plan, {name: wanted[name] for name in names})
        stood = self._rig.settings(found)
        half = {axis.setting: _half(axis) for axis in self._plan.axes}
        if all(
            abs(float(stood[name]) - value) <= 1e-3 * half.get(name, 1.0)
            for name, value in wanted.items()
        ):
            return found
        ranges = [
            (axis.setting, float(axis.low or 0), float(axis.high or 0)) for axis in self._plan.axes
        ]
        start = {name: float(value) for name, value in found.items()}
        best = self._expected.best(ranges, start, self._rig.settings)
        better = allowed(self._plan, best)
        return better if self.gain(found, better) > 0 else found


def misfit(twin: Twin, *, early: bool) -> str:
    """Say what speaks against a fit; that it did not come to an end only where it is not early."""
    found = twin.misfits
    if early and not twin.converged:
        found = found[1:]
    return "; ".join(found)


def allowed(plan: SearchPlan, wanted: Mapping[str, float]) -> dict[str, Value]:
    """Bring settings into their ranges, onto their steps, and inside joint limits."""
    found: dict[str, Value] = {}
    for axis in plan.axes:
        low, high = float(axis.low or 0), float(axis.high or 0)
        value = min(max(float(wanted[axis.setting]), low), high)
        if axis.step is not None:
            last = int((high - low) / axis.step + 1e-9)
            value = low + min(round((value - low) / axis.step), last) * axis.step
        else:
            digit = _ROUND * (high - low)
            value = min(max(round(value / digit) * digit, low), high)
        found[axis.setting] = round(value) if axis.setting in plan.integers else value
    return plan.repair(found)


def _half(axis: SearchAxis) -> float:
    return (float(axis.high or 0) - float(axis.low or 0)) / 2
