"""What is designed: settings of a family, scenes to learn from, and expected frames with gradients.

u : (d,) the continuous settings, each from 0 to 1 along its range (or its logarithm)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats, Value
from hil.noise.camera import CameraNoise
from hil.study.domain import Domain, Setting, Size, Task
from hil.study.family import Span

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Learnt:
    """Scenes of a task that are not held out.

    Parameters
    ----------
    light
        (n, places), or (n, 1) which of the scenes that are rendered.
    truth
        (n,) labels, or (n, k) values.
    """

    light: Floats
    truth: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a setting shows.

    Parameters
    ----------
    values
        Whatever `Problem.electrons` needs; with gradients by the setting's numbers.
    noise
        Of the camera at that setting.
    """

    values: torch.Tensor
    noise: CameraNoise

    def detach(self) -> Rendered:
        """Give the same without gradients."""
        return Rendered(self.values.detach(), self.noise)


class Problem(Protocol):
    """A domain whose frames have gradients by its settings.

    Attributes
    ----------
    axes
        Continuous ones, and choices that are gone through one by one.
    conventional
        What one would build without any of this; named before anything was measured.
    """

    axes: Mapping[str, Span | Sequence[Value]]
    conventional: Setting

    @property
    def domain(self) -> Domain:
        """Its tasks, and what judges."""
        ...

    def drawn(self, seed: int, size: Size, most: int | None = None) -> Problem:
        """Give the problem of one draw of scenes, or of the first so many of them."""
        ...

    def learnt(self, task: Task) -> Learnt:
        """Give the scenes of that draw that designs and decoders may learn from."""
        ...

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """Give all that is asked of the optics, once a setting; numbers may be tensors."""
        ...

    def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
        """(n, height, width) expected electrons of scenes (n, places)."""
        ...

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        """(n, values) what a task's decoder sees of frames with noise, electrons."""
        ...


@dataclass(frozen=True)
class Climb:
    """One choice of all that is not continuous, and its unit cube.

    Parameters
    ----------
    chosen
        Setting to choice.
    free
        Continuous settings.
    """

    chosen: Mapping[str, Value]
    free: Mapping[str, Span]

    def setting(self, u: Any) -> dict[str, Any]:
        """Give settings at u, an array or a tensor."""
        moved = {name: _at(span, x) for (name, span), x in zip(self.free.items(), u, strict=True)}
        return {**self.chosen, **moved}

    def plain(self, u: Any) -> dict[str, Value]:
        """Give settings at u as plain numbers."""
        values = [float(x) for x in u]
        return {
            **self.chosen,
            **{k: float(v) for k, v in self.setting(values).items() if k in self.free},
        }


def looks(
    axes: Mapping[str, Span | Sequence[Value]], each: int, seed: int
) -> Iterator[tuple[Climb, Floats]]:
    """Give starts: so many quasi-random ones, a power of 2, for every choice."""
    from scipy.stats import qmc

    free = {name: axis for name, axis in axes.items() if isinstance(axis, Span)}
    choices = {name: axis for name, axis in axes.items() if not isinstance(axis, Span)}
    for number, one in enumerate(itertools.product(*choices.values())):
        climb = Climb(dict(zip(choices, one, strict=True)), free)
        drawn = qmc.Sobol(len(free), rng=np.random.default_rng([seed, number])).random(each)
        for u in drawn:
            yield climb, u


def _at(span: Span, share: Any) -> Any:
    """As `Span.at`, of tensors too."""
    if span.log:
        return span.low * (span.high / span.low) ** share
    return span.low + (span.high - span.low) * share
