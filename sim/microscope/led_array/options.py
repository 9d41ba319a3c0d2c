"""What the ``[[driver]]`` table may say of an LED array and a transparent sample."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from sim.microscope.led_array.scenes import PHASE_SCENES
from sim.microscope.led_array.settings import SHORTEST_NM
from sim.microscope.stand.options import SceneSampling, StandOptions
from sim.numerics.pupil import ObjectiveLens


class LedArrayOptions(StandOptions):
    """The stand's, and those of `sim.microscope.led_array`.

    `led_na` is how far the array reaches, `led_points` are the source points that stand for it;
    `absorption` is of the sample.
    """

    led_na: Annotated[float, Field(ge=0.05, le=0.95)] = 0.9
    led_points: Annotated[int, Field(ge=2, le=1024)] = 64
    absorption: Annotated[float, Field(ge=0, le=1)] = 0.0

    @field_validator("led_points")
    @classmethod
    def _in_pairs(cls, points: int) -> int:
        if points % 2:
            raise ValueError("an even number: points come in opposite pairs")
        return points

    def sampling(self) -> SceneSampling:
        """Ask for samples finer than those of the image.

        The scene is lit from up to `led_na`, and its details are moved by that much before the
        objective takes what it can.
        """
        widest = (self.numerical_aperture + max(self.led_na, self.numerical_aperture)) / 2
        lit = ObjectiveLens(widest, SHORTEST_NM, self.refractive_index)
        return SceneSampling(
            tuple(PHASE_SCENES), self.objective_at(SHORTEST_NM), lit.oversampling(self.pixel_um)
        )
