"""A driver as other people would write one: a camera with three colours, and a filter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from drivers.errors import ConfigError
from drivers.frame import Frame, FrameMeta
from drivers.protocol import Setting
from drivers.types import Value

SHAPE = (3, 48, 48)
WEIGHTS = np.array([1.0, 0.5, 0.1])[:, None, None]  # how well each colour is seen


class Filter:
    """Lets through as much light as it is told."""

    label = "filter"

    def __init__(self) -> None:
        self._values: dict[str, Value] = {"filter.width_nm": 0.0}

    def describe(self) -> tuple[Setting, ...]:
        return (Setting("filter.width_nm", "float", "nm", 0, 10),)

    def read(self, setting: str) -> Value:
        return self._values[setting]

    def start(self, values: Mapping[str, Value]) -> None:
        self._values.update(values)

    def settle(self, timeout_s: float) -> None:
        pass

    def stop(self) -> None:
        pass


class Camera(Filter):
    """Counts photons in three colours."""

    label = "camera"

    def __init__(self, filter_: Filter) -> None:
        self._filter = filter_
        self._values = {"camera.exposure_ms": 10.0, "camera.scene": 0}
        self._rng = np.random.default_rng(0)
        self._scenes = np.exp(0.5 * np.random.default_rng(1).standard_normal((4, *SHAPE[1:])))

    def describe(self) -> tuple[Setting, ...]:
        return (
            Setting("camera.exposure_ms", "float", "ms", 1, 100, role="exposure"),
            Setting("camera.scene", "int", low=0, high=3),
        )

    def capture(self, n: int, timeout_s: float) -> Iterator[Frame]:
        power = float(self._filter.read("filter.width_nm"))
        light = 10 * power * WEIGHTS * self._scenes[int(self._values["camera.scene"])] + 1
        for index in range(n):
            pixels = np.minimum(self._rng.poisson(light), 4095).astype(np.uint16)
            meta = FrameMeta(self.label, index, datetime.now(UTC), 10.0, 4095)
            yield Frame(pixels, meta)

    def cancel(self) -> None:
        pass


class Connection:
    versions: Mapping[str, str] = {}

    def __init__(self) -> None:
        filter_ = Filter()
        self.devices = {"filter": filter_, "camera": Camera(filter_)}

    def close(self) -> None:
        pass


class Kind:
    def options(self, table: Mapping[str, Any], folder: Path) -> None:
        if table:
            raise ConfigError(next(iter(table)), "no such option")

    def resources(self, options: None) -> tuple[str, ...]:
        return ()

    def open(self, options: None) -> Connection:
        return Connection()


KIND = Kind()
