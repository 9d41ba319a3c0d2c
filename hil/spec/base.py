"""Types that both spec files share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictFloat, StrictInt, StrictStr


def _setting_name(name: str) -> str:
    label, dot, prop = name.rpartition(".")
    if not dot or not label.strip() or not prop.strip():
        raise ValueError("a setting is LABEL.PROPERTY, 'Z.position_um' say")
    return name


SettingName: TypeAlias = Annotated[StrictStr, AfterValidator(_setting_name)]
SettingValue: TypeAlias = StrictInt | StrictFloat | StrictStr
Settings: TypeAlias = dict[SettingName, SettingValue]


class Spec(BaseModel):
    """A table of a spec file: frozen, no unknown keys, no NaN, no infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
