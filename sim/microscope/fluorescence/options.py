"""What the ``[[driver]]`` table may say of a dyed sample and its lamp."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.microscope.fluorescence.scenes import SCENES
from sim.microscope.stand.options import SceneSampling, StandOptions


class FluorescenceOptions(StandOptions):
    """The stand's, and those of `sim.microscope.fluorescence`.

    `wavelength_nm` is that of the emission; the others are those of
    ``FluorescenceMicroscope``.
    """

    wavelength_nm: Annotated[float, Field(ge=350, le=1000)] = 510.0
    background: Annotated[float, Field(ge=0, le=1e3)] = 1.0
    bleaching: bool = False
    bleaching_dose_uj: Annotated[float, Field(gt=0)] = 2000.0

    def sampling(self) -> SceneSampling:
        """Ask for as many samples as the emission needs."""
        objective = self.objective_at(self.wavelength_nm)
        return SceneSampling(tuple(SCENES), objective, objective.oversampling(self.pixel_um))
