"""What a rig file says of light at the sample, and of the size of a pixel there."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from hil.spec.base import Number, SettingName, SettingValue, Spec


class DoseSpec(Spec):
    """How much light reaches the sample, and when.

    Parameters
    ----------
    power
        The setting that changes the light.
    table
        Pairs of its value and the power at the sample, mW, in between straight lines; measured
        with a power meter. Without it the setting itself must be in mW at the sample.
    lit
        ``"exposures"``: the camera triggers the lamp, and the sample is lit while a frame is
        exposed. ``"always"``: it is lit whenever there is power (and `shutter` is open): settling,
        moving and reading out count.
    shutter
        With ``lit = "always"``: the setting of the shutter.
    open
        What it reads when it is open.
    """

    power: SettingName
    table: tuple[tuple[Number, Number], ...] | None = Field(default=None, min_length=2)
    lit: Literal["exposures", "always"] = "exposures"
    shutter: SettingName | None = None
    open: SettingValue | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for (value, mw), (next_value, next_mw) in pairwise(self.table or ()):
            if next_value <= value:
                raise ValueError(
                    f"table: {next_value:g} follows {value:g}, allowed: values that rise"
                )
            if next_mw < mw:
                raise ValueError(
                    f"table: {next_mw:g} mW follow {mw:g} mW, allowed: power that does not fall"
                )
        if self.table is not None and self.table[0][1] < 0:
            raise ValueError(f"table: {self.table[0][1]:g} mW, allowed: 0 or more")
        if (self.shutter is None) != (self.open is None):
            raise ValueError(
                "shutter and open go together: the setting, and what it reads when open"
            )
        if self.shutter is not None and self.lit == "exposures":
            raise ValueError('shutter goes with lit = "always": a triggered lamp needs none')
        return self


class Optics(Spec):
    """What is between sample and camera.

    Parameters
    ----------
    pixel_size_um
        Side of a camera pixel at the sample, without binning.
    """

    pixel_size_um: Number = Field(gt=0)
