"""Which sampler proposes a session's trials, and its options."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from hil.spec.base import SettingName, Spec


class TpeSampler(Spec):
    """Tree-structured Parzen estimator."""

    kind: Literal["tpe"]
    startup_trials: int = Field(default=10, ge=0)
    multivariate: bool = True


class GpSampler(Spec):
    """Gaussian-process Bayesian optimisation."""

    kind: Literal["gp"]
    startup_trials: int = Field(default=10, ge=1)
    deterministic: bool = False


class CmaesSampler(Spec):
    """Covariance matrix adaptation; numeric axes, one objective."""

    kind: Literal["cmaes"]
    startup_trials: int = Field(default=1, ge=0)
    population_size: int | None = Field(default=None, ge=2)


class QmcSampler(Spec):
    """Quasi-Monte Carlo sequence."""

    kind: Literal["qmc"]
    sequence: Literal["sobol", "halton"] = "sobol"
    scramble: bool = True


class RandomSampler(Spec):
    """Independent random settings."""

    kind: Literal["random"]


class Nsga2Sampler(Spec):
    """Genetic algorithm for one or several objectives."""

    kind: Literal["nsga2"]
    population_size: int = Field(default=20, ge=2)


class GridSampler(Spec):
    """Every combination of the values of each axis, in an order shuffled by the seed.

    Parameters
    ----------
    points
        Number of values for each axis that has a range without `step`; evenly spaced, in the
        logarithm where the axis is logarithmic.
    """

    kind: Literal["grid"]
    points: int | dict[SettingName, Annotated[int, Field(ge=1)]] = 5

    @field_validator("points")
    @classmethod
    def _some(cls, value: int | dict[str, int]) -> object:
        if isinstance(value, int) and value < 1:
            raise ValueError(f"{value} points, allowed: 1 or more")
        return value


SamplerSpec: TypeAlias = Annotated[
    TpeSampler | GpSampler | CmaesSampler | QmcSampler | RandomSampler | Nsga2Sampler | GridSampler,
    Field(discriminator="kind"),
]
