"""Frames made for guards: a camera of known noise, whose light, faults and habits a test decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.frame import Frame, FrameMeta
from drivers.types import Value
from hil.rig.guards.conditions import Conditions
from hil.rig.guards.frame_watch import FrameWatch
from hil.rig.guards.guard import FramesRefused
from hil.rig.guards.known_noise import KnownNoise
from hil.rig.guards.taken import Taken

Pixels = NDArray[Any]
Expose = Callable[[int, int], Pixels]  # (place, which exposure of the session) -> pixels

DARK_ADU, READ_ADU, GAIN_ADU = 100.0, 3.0, 2.0


def camera_noise(dark_adu: float = DARK_ADU, read_adu: float = READ_ADU) -> KnownNoise:
    """Know the noise of `camera`."""
    return KnownNoise(
        lambda mean: max(mean - dark_adu, 0.0) * GAIN_ADU + read_adu**2 + 1 / 12, dark_adu
    )


def camera(
    light_e: Callable[[int, int], Any], seed: int = 1, size: tuple[int, ...] = (24, 24)
) -> Expose:
    """Make an exposure of expected electrons, a number or an image for each place and exposure."""

    def expose(place: int, number: int) -> Pixels:
        rng = np.random.default_rng((seed, number))
        electrons = rng.poisson(np.broadcast_to(light_e(place, number), size))
        adu = electrons * GAIN_ADU + DARK_ADU + rng.normal(0, READ_ADU, size)
        return np.clip(np.rint(adu), 0, 65535).astype(np.uint16)

    return expose


def scene(place: int, size: tuple[int, int] = (24, 24), mean_e: float = 80.0) -> Pixels:
    """Expected electrons of a field of view with structure of its own."""
    rng = np.random.default_rng((7, place))
    waves = sum(
        np.sin(np.add.outer(a * np.arange(size[0]), b * np.arange(size[1])) + c)
        for a, b, c in rng.uniform(0.1, 1.0, (4, 3))
    )
    return mean_e * (1 + 0.2 * np.asarray(waves))


class Session:
    """Takes trials under a watch.

    Parameters
    ----------
    expose
        Makes the pixels.
    noise
        What is known of them; None for nothing.
    repeats
        Frames of each capture.
    unguarded
        Guards that are not asked.

    Attributes
    ----------
    exposures
        How many frames were taken, those taken again included.
    settings, exposure_ms, saturation_adu, lit
        As commanded, or said by the frames; tests change them.
    """

    def __init__(
        self,
        expose: Expose,
        noise: KnownNoise | None = None,
        repeats: int = 1,
        unguarded: tuple[str, ...] = (),
    ) -> None:
        self.watch = FrameWatch(unguarded=unguarded)
        self.exposures = 0
        self.settings: dict[str, Value] = {"focus.z_um": 0.0}
        self.switches: dict[str, Value] = {}
        self.said_ms = self.exposure_ms = 10.0
        self.power_mw = 1.0
        self.saturation_adu = 65535
        self._expose, self._noise, self._repeats = expose, noise, repeats

    def take(self, place: int, n: int = 1, blank: bool = False) -> Taken:
        """Take n frames at a place."""
        frames = []
        for index in range(n):
            pixels = self._expose(place, self.exposures)
            self.exposures += 1
            meta = FrameMeta(
                "camera", index, datetime(2026, 1, 1, tzinfo=UTC), self.said_ms, self.saturation_adu
            )
            frames.append(Frame(pixels, meta))
        values: Mapping[str, Value] = {**self.settings, **self.switches}
        asked = Conditions(
            tuple(sorted(values.items())),
            tuple(sorted(self.switches.items())),
            (("light.power_mw", self.power_mw),),
            self.exposure_ms,
            0.1,
        )
        return Taken(place, frames, n, blank, asked, self._noise)

    def trial(self, n_fields: int = 3, n_blanks: int = 0) -> str:
        """Take a trial; give the refusing guard's name, or its flags, empty if there is nothing."""
        self.watch.begin("camera", n_fields)
        try:
            for place in range(n_fields + n_blanks):
                blank = place >= n_fields
                taken = self.take(place, self._repeats, blank)
                self.watch.check(taken, lambda p=place, b=blank: self.take(p, 1, b))  # type: ignore[misc]
            flags = self.watch.end()
        except FramesRefused as refused:
            self.last = refused
            return refused.guard
        return " ".join(flags)

    def trials(self, n: int, n_fields: int = 3, n_blanks: int = 0) -> list[str]:
        """Take so many, each at another focus."""
        found = []
        for number in range(n):
            self.settings = {"focus.z_um": 0.1 * number}
            found.append(self.trial(n_fields, n_blanks))
        return found


def spoilt(expose: Expose, changes: Mapping[int, Callable[[Pixels], Pixels]]) -> Expose:
    """Change some exposures, counted from 0."""
    return lambda place, number: changes.get(number, lambda p: p)(expose(place, number))
