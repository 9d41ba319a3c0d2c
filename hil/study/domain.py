"""What a domain offers a study: one interface, one small file a domain in `hil.study.domains`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from drivers.types import Floats, Value

Setting = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of frames.

    Parameters
    ----------
    name
        For tables: ``"classification"``.
    kind
        Whether the truth is a label, scored in bits told, or values, scored in dB.
    """

    name: str
    kind: Literal["label", "value"]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Parameters
    ----------
    settings
        Of the family.
    seeds
        Draws of scenes, noise and decoders.
    learn, held
        Scenes that decoders learn from, and others that judge them, where a domain can draw any
        number.
    resampled
        Bootstrap replicates.
    audited
        Settings that a neural density and a U-Net look at, too.
    """

    settings: int
    seeds: int
    learn: int
    held: int
    resampled: int
    audited: int = 0


SIZES: Mapping[str, Size] = {
    "tiny": Size(6, 2, 90, 60, 50),
    "brief": Size(8, 1, 300, 200, 200),
    "small": Size(24, 3, 600, 400, 400),
    "full": Size(60, 3, 2000, 1000, 1000, 6),
}


@dataclass(frozen=True, slots=True)
class Side:
    """Rows that decoders take, their truth, and the scene each belongs to: equal lengths.

    Parameters
    ----------
    rows
        (m, d) what a decoder sees, ADU.
    truth
        (m,) whole numbers, or (m, k) values.
    scene
        (m,) whole numbers.
    image
        (channels, height, width) that a row is, the last fastest; None where it is no image.
    """

    rows: Floats
    truth: NDArray[Any]
    scene: NDArray[Any]
    image: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """What one setting shows of one draw of scenes, for one task.

    Parameters
    ----------
    frames
        (n, height, width), or (n, 1, channels, height, width), codes of scenes that are not held
        out: all that information sees.
    noise
        Their noise model.
    learn, held
        What decoders learn from, and what judges them: no scene is in both.
    patch_size
        As of `hil.estimate_information`.
    pixel_area
        Of the scene, in the domain's own unit.
    estimator
        As of `hil.estimate_information`: None is what frames of their kind are usually measured
        with. Only where frames show one kind of scene, so that patches say the same news again, is
        one named, ``"whole_frame"``.
    """

    frames: NDArray[Any]
    noise: Any
    learn: Side
    held: Side
    patch_size: int
    pixel_area: float
    estimator: str | None = None


class Domain(Protocol):
    """A family of settings on a simulated rig.

    Attributes
    ----------
    name
        As in ``hil study NAME``.
    fixed
        What all settings share, in words: light, dose or time.
    tasks
        Two of them.
    best_form
        Which form of information is the one compared, named before anything was measured.
    sources
        Packages whose code decides what is seen: another version is measured anew.
    """

    name: str
    fixed: str
    tasks: tuple[Task, ...]
    best_form: str
    sources: tuple[str, ...]

    def settings(self, n: int) -> list[Setting]:
        """Give n settings of the family, quasi-random; the first of more are the same."""
        ...

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        """Show a draw of scenes, the same for all settings, by the name of the task."""
        ...

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        """Give the field's metrics, each so that more of it is thought better."""
        ...
