"""What of a simulated rig may be unknown, and how it acts on a scene that is unknown too.

A rig that can be fitted to recorded frames gives a `SceneOptics`: its unknowns by name, and for
values of them and settings a `Response`, linear in the scene and differentiable in the values::

    electrons of a pixel = sample(F^-1 [sum over planes of transfer F scene]) + even

Nothing here draws a random number or opens a device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import DriverKind
from drivers.types import Value
from sim.parts.sensor import SensorNoise

if TYPE_CHECKING:  # torch takes a second to import
    import torch

    from sim.numerics.sampling import Sampling

Settings = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A number of the rig that nobody has measured.

    Parameters
    ----------
    name
        Of an option of the ``[[driver]]`` table, or of an entry of one: ``"aberration_nm.z4"``.
    unit
        Empty for a pure number.
    start
        What it is before anything is known: the rig file's.
    scale
        A change that shows in a frame, about.
    low, high
        Where it may lie.
    sign_open
        Whether it may as well begin with the other sign.
    seems
        What else may be wrong where it is found to be another than the rig file says.
    """

    name: str
    unit: str
    start: float
    scale: float
    low: float
    high: float
    sign_open: bool = False
    seems: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """How a scene comes to the pixels, at one lot of settings.

    Parameters
    ----------
    transfer
        (planes, height, width // 2 + 1) complex, electrons from a scene of 1, by frequency.
    even_e
        0-d, electrons of every pixel without any scene.
    sampling
        From the blurred scene's samples to pixels; no unknown changes it.
    """

    transfer: torch.Tensor
    even_e: torch.Tensor
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Told:
    """What follows for a number that scene and optics tell together.

    Parameters
    ----------
    name, unit
        As of `Unknown`.
    value, low, high
        With its 95 % interval.
    note
        What it cannot be told from; empty for nothing.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A rig that was fitted.

    Parameters
    ----------
    options
        Keys of the ``[[driver]]`` table, without the scene.
    removed
        Keys that no longer hold.
    scene
        For the option ``scene``, as a .npy file.
    told
        Numbers beside `SceneOptics.unknowns`.
    """

    options: Mapping[str, Any]
    removed: tuple[str, ...]
    scene: NDArray[np.float32]
    told: tuple[Told, ...]


class SceneOptics(Protocol):
    """A simulated rig whose image is linear in its scene.

    Attributes
    ----------
    unknowns
        In the order of the values that `respond` takes.
    untold
        What was asked for, and no frames of an unknown scene can tell.
    further
        Names that `with_further` takes.
    suspected
        Numbers of the rig file that are taken as said, and that frames may speak against.
    scene_known
        Whether the scene is the rig file's own: then scenes of `respond` are densities.
    light
        Where the scene is known: places among the unknowns of what multiplies scene and haze, and
        of the haze.
    aliased
        Whether the optics pass more than pixels resolve: then of one plane, and samplings slices.
    steers
        Whether a search may be led by it (`correction` from few frames).
    lights
        Options and unknowns that are in proportion to the gain for frames as bright as they are.
    planes
        Of the scene: wavelengths, say.
    settings
        Names that `respond` asks for; a session must have all of them.
    places
        Names that say which field of view it is.
    graded
        Of `settings`: may be tensors to `respond`, 0-d, from which gradients flow.
    """

    unknowns: tuple[Unknown, ...]
    untold: tuple[Unknown, ...]
    further: tuple[str, ...]
    suspected: tuple[Unknown, ...]
    scene_known: bool
    aliased: bool
    steers: bool
    light: tuple[int, int]
    lights: tuple[str, ...]
    planes: int
    settings: tuple[str, ...]
    places: tuple[str, ...]
    graded: tuple[str, ...]

    def with_further(self, names: Sequence[str], scene_known: bool = False) -> SceneOptics:
        """Give the same rig of which more is unknown.

        Raises
        ------
        ValueError
            It has no such unknown, or its scene cannot be taken as known.
        """
        ...

    def said_otherwise(self, name: str, value: float) -> SceneOptics:
        """Give the same rig of which one of `suspected` is another number."""
        ...

    def known_scenes(
        self, places: Sequence[Settings], grid: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Cut the fields out of the rig file's own scene, (fields, planes, *grid)."""
        ...

    def frame_shape(self, settings: Settings) -> tuple[int, int]:
        """Tell (height, width) of a frame, pixels."""
        ...

    def grid(self, settings: Sequence[Settings]) -> tuple[int, int]:
        """Choose how many scene samples hold a field and all that sends light into it."""
        ...

    def respond(self, values: torch.Tensor, settings: Settings, grid: tuple[int, int]) -> Response:
        """Give the response; gradients flow from `values` (unknowns,) float64."""
        ...

    def converter(self, settings: Settings) -> SensorNoise:
        """Tell the camera's gain, offset and read noise."""
        ...

    def correction(self, values: Sequence[float]) -> dict[str, float]:
        """Give the settings that undo what is known of the optics."""
        ...

    def finish(
        self,
        values: Sequence[float],
        scenes: NDArray[np.float32],
        places: Sequence[Settings],
        floor: tuple[float, float],
    ) -> Finished:
        """Write what was fitted as options and a scene.

        Parameters
        ----------
        values
            Of the unknowns.
        scenes
            (fields, planes, *grid).
        places
            For each field, the settings that place it.
        floor
            Least of the scenes under the pixels, with noise left out: value, and the highest value
            that it has with 97.5 %.
        """
        ...


@runtime_checkable
class FittedKind(DriverKind, Protocol):
    """A simulated rig's kind that tells what may be unknown of it."""

    @property
    def optics(self) -> Callable[[Any], SceneOptics] | None:
        """Give what may be unknown of a rig of such checked options; None where nothing can be.

        The call raises ValueError where these options allow none.
        """
        ...
