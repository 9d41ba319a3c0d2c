"""What a session maximises, what each objective holds fixed, and what no trial may exceed.

Every objective has a direction in which it can be driven to an answer that is of no use. What an
objective compares is comparable only while something is held fixed; where the search would let go
of it, the session is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field, StrictStr, WithJsonSchema, field_validator

from hil.errors import nearest
from hil.records.estimate import FLAGS
from hil.records.trial import METRIC
from hil.spec.base import Number, Spec
from hil.spec.metric import MetricBound, metric_of

LABEL = "bits_about_label"
"""What frames tell about labels of fields of view; not a scale of their total information."""


class Rule(NamedTuple):
    """Where an objective degenerates.

    Parameters
    ----------
    more_light
        It rises with light without end, so a search over light needs a bound on it.
    same_pixels
        It compares only settings with the same pixels: no search over binning or region.
    floor
        When it needs a least information a pixel beside it: ``"never"``, in searches over
        ``"light"`` or time, or ``"always"``.
    """

    more_light: bool
    same_pixels: bool
    floor: Literal["never", "light", "always"]


RULES: Mapping[str, Rule] = {
    "bits_per_pixel": Rule(more_light=True, same_pixels=True, floor="never"),
    "bits_per_frame": Rule(more_light=True, same_pixels=False, floor="never"),
    "bits_per_area": Rule(more_light=True, same_pixels=False, floor="never"),
    "bits_per_second": Rule(more_light=True, same_pixels=False, floor="light"),
    "bits_per_photon": Rule(more_light=False, same_pixels=False, floor="always"),
    "bits_per_mj": Rule(more_light=False, same_pixels=False, floor="always"),
}

# Nobody knows which way a metric goes, so that it is kept to the strictest rules of the others.
_OF_METRICS = Rule(more_light=True, same_pixels=True, floor="never")


def rule_of(name: str) -> Rule:
    """Say where an objective degenerates."""
    if name == LABEL:
        return RULES["bits_per_frame"]
    return RULES.get(name, _OF_METRICS)


def _known_objective(name: str) -> str:
    if name not in (*RULES, LABEL) and not metric_of(name):
        allowed = ", ".join(map(repr, (*RULES, LABEL, f"{METRIC}NAME")))
        raise ValueError(f"{name!r}, allowed: {allowed}")
    return name


ObjectiveName: TypeAlias = Annotated[
    StrictStr,
    AfterValidator(_known_objective),
    WithJsonSchema(
        {"anyOf": [{"enum": [*RULES, LABEL]}, {"type": "string", "pattern": r"^-?metric\..+$"}]}
    ),
]


class Objective(Spec):
    """What is maximised: one name, or several for nsga2 and other samplers that take them.

    Parameters
    ----------
    maximize
        One of `RULES`, ``"metric.NAME"`` (``"-metric.NAME"`` for the least), or several.
    minus_blank
        Whether the information of blank fields is taken off first; needs ``measure.blank``.
    """

    maximize: ObjectiveName | tuple[ObjectiveName, ...] = "bits_per_pixel"
    minus_blank: bool = False

    @field_validator("maximize")
    @classmethod
    def _some(cls, value: ObjectiveName | tuple[ObjectiveName, ...]) -> object:
        if not value:
            raise ValueError("name at least one objective")
        if not isinstance(value, str) and len(set(value)) < len(value):
            raise ValueError("an objective is named twice")
        if LABEL == (value if isinstance(value, str) else value[0]):
            # leaders, drift and intervals go by the first objective, field by field
            raise ValueError(
                f"{LABEL} follows another objective, allowed: bits_per_pixel before it"
            )
        return value

    @property
    def names(self) -> tuple[ObjectiveName, ...]:
        """The objectives in order."""
        return (self.maximize,) if isinstance(self.maximize, str) else self.maximize

    def needs_floor(self, constraints: Constraints) -> str:
        """Say which objective favours no light at all; empty if none does, or there is a floor."""
        if constraints.min_bits_per_pixel is not None:
            return ""
        for name in self.names:
            if rule_of(name).floor == "always":
                return (
                    f"{name} by itself favours no light at all: say which information is enough"
                    " by min_bits_per_pixel under [constraints], or choose another of"
                    f" {', '.join(other for other in RULES if RULES[other].floor != 'always')}"
                )
        return ""

    def degenerates(self, constraints: Constraints, setting: str, role: str) -> str:
        """Say why a search over one setting has no answer of use; empty if it has.

        Parameters
        ----------
        constraints
            Of the same session.
        setting
            The setting's name, for the message.
        role
            What it means, as in ``drivers.protocol.Setting.role``.
        """
        for name in self.names:
            rule = rule_of(name)
            if role in ("light", "exposure"):
                if rule.more_light and not constraints.bounds_light:
                    return (
                        f"{setting} brings light or time, so the answer would always be: more"
                        " light; bound it by max_saturated_share (below 1), max_exposure_s or"
                        " max_dose_mj under [constraints]"
                    )
                if rule.floor == "light" and constraints.min_bits_per_pixel is None:
                    return (
                        f"{setting} brings light or time, and {name} would choose many frames with"
                        " next to nothing in each; say which information is enough by"
                        " min_bits_per_pixel under [constraints]"
                    )
            if role in ("binning", "region") and rule.same_pixels:
                others = (other for other in RULES if not RULES[other].same_pixels)
                return (
                    f"{setting} changes the pixels, and {name} compares only settings with the"
                    f" same ones; allowed: {', '.join(others)}"
                )
        return ""


class Constraints(Spec):
    """What no trial may exceed.

    Parameters
    ----------
    max_saturated_share
        Largest share of clipped pixels in a trial's frames. It holds with its default value even
        where the file is silent, but only when written does it allow a search over light or time.
    max_exposure_s
        Largest sum of the exposure times of one trial's frames, seconds.
    max_dose_mj
        Largest light energy that one trial brings to the sample, millijoules; see `DoseSpec`.
    min_bits_per_pixel
        Least information a pixel, for objectives that would trade it for something else.
    metrics
        Least and largest value of metrics, by their names.
    allow_flags
        Flags of an estimate with which a trial may win all the same. By default none of those that
        say that the number is wrong: such a trial is recorded, infeasible, and never best.
    """

    max_saturated_share: Number = Field(default=0.001, ge=0, le=1)
    max_exposure_s: Number | None = Field(default=None, gt=0)
    max_dose_mj: Number | None = Field(default=None, gt=0)
    min_bits_per_pixel: Number | None = Field(default=None, gt=0)
    metrics: dict[str, MetricBound] = Field(default_factory=dict)
    allow_flags: tuple[str, ...] = ()

    @field_validator("allow_flags")
    @classmethod
    def _known(cls, flags: tuple[str, ...]) -> tuple[str, ...]:
        for flag in flags:
            if flag not in FLAGS:
                raise ValueError(f"no flag {flag!r}, {nearest(flag, FLAGS)}")
        return flags

    @property
    def bounds_of_metrics(self) -> dict[str, MetricBound]:
        """The bounds by names without their prefix."""
        return {name.removeprefix(METRIC): bound for name, bound in self.metrics.items()}

    @property
    def bounds_light(self) -> bool:
        """Whether the file itself bounds what more light or time could bring."""
        return bool(self.model_fields_set & {"max_exposure_s", "max_dose_mj"}) or (
            "max_saturated_share" in self.model_fields_set and self.max_saturated_share < 1
        )
