"""A problem whose best design is known: the brightest lamp, with filter "b", which takes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

import numpy as np
import torch

from hil.noise.camera import CameraNoise
from hil.study.design.effort import Effort
from hil.study.design.problem import Learnt, Rendered
from hil.study.domain import Setting, Size, Task
from hil.study.family import Span
from tests.hil.study.planted_domain import Planted

TRIED = Effort(2, 1, 4, 60, 5, 60, 12, (0.1,))
_PATTERN = torch.cos(torch.arange(36.0)).reshape(6, 6)
_TAKES = {"a": 0.3, "b": 1.0}


class PlantedProblem:
    axes: ClassVar[Mapping[str, Any]] = {
        "lamp.mw": Span(0.3, 3.0, log=True),
        "wheel.label": ("a", "b"),
    }
    conventional: ClassVar[Setting] = {"lamp.mw": 0.3, "wheel.label": "a"}
    noise = CameraNoise(gain_e_per_adu=1.0, offset_adu=100.0, read_noise_e=2.0)

    def __init__(self) -> None:
        self.domain = Planted()
        self._seed, self._n = 0, 0

    def drawn(self, seed: int, size: Size, most: int | None = None) -> PlantedProblem:
        found = copy(self)
        found._seed, found._n = seed, size.learn
        return found

    def learnt(self, task: Task) -> Learnt:
        value = np.random.default_rng([self._seed, 9]).normal(size=(self._n, 1))
        label = (value[:, 0] > 0).astype(np.intp)
        return Learnt(value, label if task.kind == "label" else value)

    def rendered(self, setting: Mapping[str, Any]) -> Rendered:
        power = torch.as_tensor(setting["lamp.mw"], dtype=torch.float64)
        shown = (power * _TAKES[str(setting["wheel.label"])] * _PATTERN).reshape(1, 36).float()
        return Rendered(shown, self.noise)

    def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
        shown = rendered.values
        return (20 + light.to(shown.dtype) @ shown).reshape(-1, 6, 6)

    def seen(self, rendered: Rendered, task: Task, frames: torch.Tensor) -> torch.Tensor:
        return frames.flatten(1)
