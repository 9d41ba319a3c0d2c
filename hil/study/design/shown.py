"""Problems whose scenes are rendered one by one: light is which of them.

Where an instrument is not linear in the scene, or what a decoder sees is cut out of larger frames,
a setting is rendered for all scenes that may be learnt from, and a scene is its place among them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from hil.study.design.problem import Learnt, Rendered
from hil.study.domain import Size, Task

if TYPE_CHECKING:
    import torch

_SHUFFLE = 17


class ShownProblem(ABC):
    """What such problems share; see `hil.study.design.problem.Problem`.

    A subclass gives ``axes``, ``conventional``, ``domain``, ``rendered`` and `truth`.
    """

    seed = 0
    size: Size | None = None
    most: int | None = None

    def drawn(self, seed: int, size: Size, most: int | None = None) -> Self:
        """See `Problem`."""
        found = copy(self)
        found.seed, found.size, found.most = seed, size, most
        return found

    @property
    def shown_at_most(self) -> int:
        """How many scenes may be learnt from, and are asked for."""
        assert self.size is not None
        return self.size.learn if self.most is None else min(self.most, self.size.learn)

    @abstractmethod
    def truth(self, task: Task) -> NDArray[Any]:
        """Give the truth of every scene that `rendered` shows, in that order."""

    def learnt(self, task: Task) -> Learnt:
        """See `Problem`; neighbours in a field do not follow each other."""
        truth = self.truth(task)
        order = np.random.default_rng([self.seed, _SHUFFLE]).permutation(len(truth))[: self.most]
        return Learnt(order[:, None].astype(np.float64), truth[order])

    def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
        """See `Problem`."""
        return rendered.values[light[:, 0].long()]

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        """See `Problem`: frames as they are."""
        return frames.flatten(1)

    @abstractmethod
    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        """(scenes, height, width) expected electrons."""
