"""Types that both spec files share."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationInfo,
)

IN_WORDS = "in words"
"""Context of a validation in which numbers come as text, as they do from a command line."""


def _setting_name(name: str) -> str:
    label, dot, prop = name.rpartition(".")
    if not dot or not label.strip() or not prop.strip():
        raise ValueError("a setting is LABEL.PROPERTY, 'Z.position_um' say")
    return name


def _no_words(value: Any, info: ValidationInfo) -> Any:
    # pydantic would read "12" as 12, and true as 1: a limit that nobody meant.
    if isinstance(value, bool) or (isinstance(value, str) and info.context != IN_WORDS):
        shown = str(value).lower() if isinstance(value, bool) else repr(value[:60])
        raise ValueError(f"{shown} is wrong, allowed: a number, without quotes")
    return value


Number: TypeAlias = Annotated[float, BeforeValidator(_no_words)]
Whole: TypeAlias = Annotated[int, BeforeValidator(_no_words)]
SettingName: TypeAlias = Annotated[StrictStr, AfterValidator(_setting_name)]
SettingValue: TypeAlias = StrictInt | StrictFloat | StrictStr
Settings: TypeAlias = dict[SettingName, SettingValue]


class Spec(BaseModel):
    """A table of a spec file: frozen, no unknown keys, no NaN, no infinity.

    Its numbers are of the types `Number` and `Whole`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
