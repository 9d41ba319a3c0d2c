"""What the ``[[driver]]`` table may say of a dyed sample and its lamp."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from sim.microscope.fluorescence.scenes import SCENES
from sim.microscope.stand.axes import SCALED, AxisErrors
from sim.microscope.stand.options import SceneSampling, StandOptions


class FluorescenceOptions(StandOptions):
    """The stand's, and those of `sim.microscope.fluorescence`.

    `wavelength_nm` is that of the emission; `focus_offset_um` and `axis_scale` are what
    `sim.microscope.stand.axes` knows; the others are those of ``FluorescenceMicroscope``.
    """

    wavelength_nm: Annotated[float, Field(ge=350, le=1000)] = 510.0
    background: Annotated[float, Field(ge=0, le=1e3)] = 1.0
    bleaching: bool = False
    bleaching_dose_uj: Annotated[float, Field(gt=0)] = 2000.0
    blur_nm: Annotated[float, Field(ge=0, le=2000)] = 0.0
    focus_offset_um: Annotated[float, Field(ge=-20, le=20)] = 0.0
    axis_scale: dict[str, Annotated[float, Field(ge=-3, le=3)]] = Field(default_factory=dict)

    @field_validator("axis_scale")
    @classmethod
    def _known_axes(cls, scale: dict[str, float]) -> dict[str, float]:
        for name in scale:
            if name not in SCALED:
                raise ValueError(f"{name!r} has no scale, allowed: {', '.join(SCALED)}")
        return scale

    @property
    def axes(self) -> AxisErrors:
        """How far axes are from what they say."""
        return AxisErrors(self.focus_offset_um, self.axis_scale)

    def sampling(self) -> SceneSampling:
        """Ask for as many samples as the emission needs."""
        objective = self.objective_at(self.wavelength_nm)
        return SceneSampling(tuple(SCENES), objective, objective.oversampling(self.pixel_um))
