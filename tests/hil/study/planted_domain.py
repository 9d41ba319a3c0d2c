"""A domain whose truth is known: a pattern of a known strength under unit noise."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hil.noise import GaussianNoise
from hil.study.domain import Observed, Setting, Side, Size, Task

SMALL = Size(settings=5, seeds=2, learn=80, held=60, resampled=40)


class Planted:
    name = "planted"
    fixed = "unit noise"
    tasks = (Task("sign", "label"), Task("strength", "value"))
    best_form = "bits per frame"
    sources = ()

    def __init__(self) -> None:
        self.asked = 0

    def settings(self, n: int) -> list[Setting]:
        return [{"lamp.mw": float(x)} for x in np.linspace(0.3, 3, n)]

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        self.asked += 1
        rng = np.random.default_rng(seed)
        n = size.learn + size.held
        value = rng.normal(size=n)
        pattern = np.cos(np.arange(36)).reshape(6, 6) / 4
        frames = float(setting["lamp.mw"]) * value[:, None, None] * pattern
        frames = frames + rng.normal(size=frames.shape)
        rows, scene = frames.reshape(n, -1), np.arange(n)
        first, rest = slice(size.learn), slice(size.learn, None)

        def observed(truth: np.ndarray) -> Observed:
            sides = [Side(rows[part], truth[part], scene[part]) for part in (first, rest)]
            return Observed(frames[first], GaussianNoise(1.0), *sides, 4, pixel_area=2.0)

        return {
            "sign": observed((value > 0).astype(np.intp)),
            "strength": observed(value[:, None]),
        }

    def metrics(self, setting: Setting) -> Mapping[str, float]:
        return {"brightness": float(setting["lamp.mw"]), "dimness": -float(setting["lamp.mw"])}
