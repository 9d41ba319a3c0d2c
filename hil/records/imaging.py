"""What frames are beside their numbers: size of a pixel, names of channels, what they share."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Self

from drivers.types import Value


@dataclass(frozen=True, slots=True)
class Imaging:
    """What a session knows of its frames.

    Parameters
    ----------
    name
        Of the session.
    pixel_size_um
        Side of an unbinned pixel at the sample; NaN where the rig file says none.
    binning
        Name of the setting that bins pixels; empty where there is none.
    standing
        What that setting stands at where a trial does not move it.
    channels
        Names of the images of a sequence; empty without one.
    """

    name: str = ""
    pixel_size_um: float = math.nan
    binning: str = ""
    standing: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, rig_text: str, extra: Mapping[str, Any]) -> Self:
        """Read it from what is stored with a session; what is not there is unknown."""
        rig = _rig(rig_text)
        optics, setup = rig.get("optics"), rig.get("setup")
        size = optics.get("pixel_size_um") if isinstance(optics, dict) else None
        told = [one for one in extra.get("settings") or () if one.get("role") == "binning"]
        planes = (extra.get("layout") or {}).get("planes") or ()
        return cls(
            name,
            float(size) if isinstance(size, int | float) else math.nan,
            str(told[0].get("name", "")) if told else "",
            {**extra.get("binning", {}), **(setup if isinstance(setup, dict) else {})},
            tuple(str(plane.get("name", "")) for plane in planes),
        )

    def size_um(self, settings: Mapping[str, Any]) -> float:
        """Side of a pixel of a trial with these settings, as read back; NaN where unknown."""
        if not self.binning:
            return self.pixel_size_um
        # unknown in sessions of earlier versions that did not move it
        value = {**self.standing, **settings}.get(self.binning)
        try:
            return self.pixel_size_um * binning_of(value)
        except ValueError:
            return math.nan

    def channel_names(self, n: int) -> tuple[str, ...]:
        """Name so many channels; none where a frame is one image."""
        if len(self.channels) == n:
            return self.channels
        return tuple(f"channel {i}" for i in range(n))


def binning_of(value: Any) -> int:
    """Read a camera's binning: 2, "2", "2x2"."""
    return int(str(value).lower().partition("x")[0])


def _rig(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        return {}
    except tomllib.TOMLDecodeError:  # a rig that this program wrote, as JSON
        pass
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def largest_overlap(
    places: Sequence[Mapping[str, Value]], height_um: float, width_um: float
) -> float:
    """Give the share of a frame's area that two fields of view have in common, at most.

    Parameters
    ----------
    places
        Settings of each field; a stage is told by one name that ends in ``.x_um``, one in
        ``.y_um``. 0 where they have none.
    height_um, width_um
        Of a frame at the sample; 0 where they are not known. Nobody knows which way the camera is
        turned: what overlaps either way is counted.
    """
    points = [point for place in places if (point := _point(place)) is not None]
    if len(points) < 2 or not (height_um > 0 and width_um > 0):
        return 0.0
    return max(
        min(
            _common(dx, width_um) * _common(dy, height_um),
            _common(dx, height_um) * _common(dy, width_um),
        )
        for dx, dy in ((a[0] - b[0], a[1] - b[1]) for a, b in combinations(points, 2))
    )


def _common(distance_um: float, side_um: float) -> float:
    return max(0.0, 1 - abs(distance_um) / side_um)


def _point(place: Mapping[str, Value]) -> tuple[float, float] | None:
    x, y = ([v for name, v in place.items() if name.endswith(end)] for end in (".x_um", ".y_um"))
    return (float(x[0]), float(y[0])) if len(x) == len(y) == 1 else None
