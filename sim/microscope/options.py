"""What the ``[[driver]]`` table of ``sim.microscope`` may say, in fluorescence and label-free."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import ValidationInfo, field_validator, model_validator

from sim.microscope.fluorescence.options import FluorescenceOptions
from sim.microscope.fluorescence.scenes import SCENES, load_scene
from sim.microscope.led_array.options import LedArrayOptions
from sim.microscope.led_array.scenes import PHASE_SCENES, load_opd
from sim.microscope.stand.options import SceneSampling, StandOptions
from sim.parts import scene_files
from sim.parts.scene_files import known_scene


def _own(model: type[StandOptions]) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name not in StandOptions.model_fields)


FLUORESCENCE_ALONE = _own(FluorescenceOptions)
PHASE_ALONE = _own(LedArrayOptions)


class MicroscopeOptions(LedArrayOptions, FluorescenceOptions):
    """What the ``[[driver]]`` table of a simulated microscope may say.

    Every draw, of scene, hidden aberration, pixel maps and noise, comes from `seed`: the same
    options and the same calls give the same frames. `contrast` chooses the light path: `scene` is a
    name of `sim.microscope.fluorescence.scenes.SCENES`, or of
    `sim.microscope.led_array.scenes.PHASE_SCENES` where it is ``"phase"``, and what the other path
    alone needs is refused. The rest is as in `SensorSpec`, `StandOptions`, `FluorescenceOptions`
    and `LedArrayOptions`.
    """

    @field_validator("scene")
    @classmethod
    def _known_scene(cls, scene: str, others: ValidationInfo) -> str:
        return known_scene(scene, scene_names(others.data.get("contrast", "fluorescence")))

    @model_validator(mode="after")
    def _of_this_contrast(self) -> Self:
        phase = self.contrast == "phase"
        for name in FLUORESCENCE_ALONE if phase else PHASE_ALONE:
            if name in self.model_fields_set:
                wanted = "fluorescence" if phase else "phase"
                raise ValueError(f'{name} belongs to contrast = "{wanted}"')
        return self

    def sampling(self) -> SceneSampling:
        """Ask for what the light path of this contrast does."""
        path = LedArrayOptions if self.contrast == "phase" else FluorescenceOptions
        return path.sampling(self)


def scene_names(contrast: str) -> tuple[str, ...]:
    """List the scenes that are made for one kind of contrast."""
    return tuple(PHASE_SCENES if contrast == "phase" else SCENES)


def find_scene(options: MicroscopeOptions, folder: Path) -> MicroscopeOptions:
    """Look for a scene file beside ``rig.toml``, and read it.

    Raises
    ------
    ConfigError
        For a scene file that cannot be used.
    """
    load = load_opd if options.contrast == "phase" else load_scene
    return scene_files.find_scene(
        options, options.scenes, folder, lambda path: options.scene_range_um(load(path).shape)
    )
