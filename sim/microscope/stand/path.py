"""What the light paths of both kinds of simulated microscope share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.microscope.stand.axes import AxisErrors
from sim.microscope.stand.mirror import draw_aberration_nm
from sim.microscope.stand.options import StandOptions
from sim.numerics.memo import Last
from sim.parts.sensor import Sensor, SensorNoise

PLACE = ("stage.y_um", "stage.x_um")
"""Settings that say where the field is."""

_KEPT_BYTES = 2**24
_LAST: dict[Hashable, NDArray[np.float32]] = {}
"""The last small scene: whoever runs one session after another looks at the same sample."""

Options = TypeVar("Options", bound=StandOptions)


class StandPath(ABC, Generic[Options]):
    """Scene, light, objective with a hidden aberration, deformable mirror, and sensor.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.

    Attributes
    ----------
    options, objective, pitch_um
        As given; what of it sets the optics; distance of the scene's samples.
    aberration_nm
        Hidden coefficient of each of `sim.microscope.stand.mirror.MODES`, nm rms.
    axes
        How far focus and mirror are from what they say.
    sensor
        The camera's.
    """

    power: ClassVar[str]
    """The setting that is the light's power, mW."""

    def __init__(self, options: Options) -> None:
        self.scene_rng, aberration_rng, sensor_rng, self._noise_rng = (
            np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)
        )
        self.options = options
        self.axes = AxisErrors()
        self.objective = options.objective
        self.pitch_um = options.pitch_um
        drawn = draw_aberration_nm(options.aberration_rms_nm, aberration_rng)
        self.aberration_nm = drawn if options.aberration_nm is None else options.aberration_nm
        self.sensor = Sensor(options.sensor, (options.height_px, options.width_px), sensor_rng)
        self._last_view: Last[NDArray[np.float32]] = Last()
        self._last_figures: Last[dict[str, float]] = Last()

    @cached_property
    def scene(self) -> NDArray[np.float32]:
        """The sample, made when it is first needed; not to be written to."""
        options = self.options
        if options.scene not in options.scenes:
            return self._load(Path(options.scene))
        key = (type(self), options.scene, self.shape, self.pitch_um, options.seed)
        found = _LAST.get(key)
        if found is None:
            found = self._make()
            if found.nbytes <= _KEPT_BYTES:
                _LAST.clear()
                _LAST[key] = found
        return found

    @property
    def shape(self) -> tuple[int, int]:
        """Of the scene, samples."""
        options = self.options
        if options.scene in options.scenes:
            return (options.scene_samples, options.scene_samples)
        return (self.scene.shape[0], self.scene.shape[1])

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame, (height // binning, width // binning) ADU, under a lamp that flickers."""
        flicker = self.options.lamp_flicker
        if flicker:
            factor = max(0.0, 1 + flicker * self._noise_rng.standard_normal())
            settings = {**settings, self.power: factor * float(settings[self.power])}
        electrons = self.expected_electrons(settings)
        self._lit(settings)
        return self.sensor.read_out(electrons, int(settings["camera.binning"]), self._noise_rng)

    def noise_model(self, settings: Mapping[str, Value]) -> SensorNoise:
        """Numbers of ``CameraNoise`` at the binning in the settings."""
        return self.sensor.noise_model(int(settings["camera.binning"]))

    @abstractmethod
    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of the next frame, (height, width) before binning."""

    @abstractmethod
    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Figures of merit by name."""

    @abstractmethod
    def _make(self) -> NDArray[np.float32]:
        """Make the scene that has a name."""

    @abstractmethod
    def _load(self, path: Path) -> NDArray[np.float32]:
        """Read the user's own scene."""

    @abstractmethod
    def _lit(self, settings: Mapping[str, Value]) -> None:
        """Do what an exposure does to the sample."""

    def _view_key(self, settings: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
        """Pick the settings that change more than how bright a frame is."""
        alike = (self.power, "camera.exposure_ms", "camera.binning")
        return tuple(item for item in settings.items() if item[0] not in alike)


def centre_um(settings: Mapping[str, Value]) -> tuple[float, float]:
    """Return y and x of the field."""
    y_um, x_um = (float(settings[name]) for name in PLACE)
    return y_um, x_um
