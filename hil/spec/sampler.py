"""Which sampler proposes a session's trials, its options, and what it says of itself.

A sampler is a class here and a function in ``hil/proposer/samplers.py``; nobody goes by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias, Union, get_args

from pydantic import Field, field_validator

from hil.spec.base import SettingName, Spec, Whole


class SamplerTable(Spec):
    """The ``[sampler]`` table of any sampler; each adds its ``kind`` and its options.

    Parameters
    ----------
    single_objective
        It takes one objective alone.
    needs_a_range
        It needs an axis that is a range, not a choice.
    fixed_design
        Its points are fixed beforehand: those that a fault took are proposed again, and no leaders
        are measured again unless asked for.
    ends_in_auto
        It is `auto`, or `auto` takes over: expected gains are known, and leaders by a process.
    """

    single_objective: ClassVar[bool] = False
    needs_a_range: ClassVar[bool] = False
    fixed_design: ClassVar[bool] = False
    ends_in_auto: ClassVar[bool] = False

    kind: str


class AutoSampler(SamplerTable):
    """A Gaussian process made for information: few trials to the best settings. The default."""

    ends_in_auto: ClassVar[bool] = True

    kind: Literal["auto"]


class ModelSampler(SamplerTable):
    """Corrections by a simulated rig that is fitted to the frames so far, then `auto`.

    Parameters
    ----------
    model
        File of a simulated rig of the same kind, beside the session file; None where the session's
        own rig is simulated. Its unknowns are fitted.
    """

    single_objective: ClassVar[bool] = True
    needs_a_range: ClassVar[bool] = True
    ends_in_auto: ClassVar[bool] = True

    kind: Literal["model"]
    model: str | None = Field(default=None, min_length=1)


class TpeSampler(SamplerTable):
    """Tree-structured Parzen estimator."""

    kind: Literal["tpe"]
    startup_trials: Whole = Field(default=10, ge=0)
    multivariate: bool = True


class GpSampler(SamplerTable):
    """Gaussian-process Bayesian optimisation."""

    kind: Literal["gp"]
    startup_trials: Whole = Field(default=10, ge=1)
    deterministic: bool = False


class CmaesSampler(SamplerTable):
    """Covariance matrix adaptation; numeric axes, one objective."""

    single_objective: ClassVar[bool] = True
    needs_a_range: ClassVar[bool] = True

    kind: Literal["cmaes"]
    startup_trials: Whole = Field(default=1, ge=0)
    population_size: Whole | None = Field(default=None, ge=2)


class QmcSampler(SamplerTable):
    """Quasi-Monte Carlo sequence."""

    fixed_design: ClassVar[bool] = True

    kind: Literal["qmc"]
    sequence: Literal["sobol", "halton"] = "sobol"
    scramble: bool = True


class RandomSampler(SamplerTable):
    """Independent random settings."""

    kind: Literal["random"]


class Nsga2Sampler(SamplerTable):
    """Genetic algorithm for one or several objectives."""

    kind: Literal["nsga2"]
    population_size: Whole = Field(default=20, ge=2)


class GridSampler(SamplerTable):
    """Every combination of the values of each axis, in an order shuffled by the seed.

    Parameters
    ----------
    points
        Number of values for each axis that has a range without `step`; evenly spaced, in the
        logarithm where the axis is logarithmic.
    """

    fixed_design: ClassVar[bool] = True

    kind: Literal["grid"]
    points: Whole | dict[SettingName, Annotated[Whole, Field(ge=1)]] = 5

    @field_validator("points")
    @classmethod
    def _some(cls, value: int | dict[str, int]) -> object:
        if isinstance(value, int) and value < 1:
            raise ValueError(f"{value} points, allowed: 1 or more")
        return value


if TYPE_CHECKING:
    SamplerSpec: TypeAlias = SamplerTable
else:
    SamplerSpec = Annotated[
        Union[tuple(SamplerTable.__subclasses__())],  # noqa: UP007
        Field(discriminator="kind"),
    ]


def kinds_that(has: Callable[[type[SamplerTable]], bool]) -> str:
    """Names of the samplers of which it is true, for a message; designs are no alternatives."""
    tables = [one for one in SamplerTable.__subclasses__() if has(one) and not one.fixed_design]
    return ", ".join(get_args(one.model_fields["kind"].annotation)[0] for one in tables)
