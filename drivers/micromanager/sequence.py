"""Sequences of useq-schema, as Micro-Manager's windows write them, in the words of our settings.

The engine of pymmcore-plus is not asked to run them: it would move stages and presets past the
rig's limits and deadlines. What an event means is said here; the rig takes it there.
"""

from __future__ import annotations

import importlib
import json
import math
from typing import TYPE_CHECKING, Any

from drivers.errors import ConfigError
from drivers.micromanager.presets import LABEL
from drivers.sequence import Plane
from drivers.types import Value

if TYPE_CHECKING:
    from useq import MDAEvent, MDASequence

MOST_PLANES = 64
MOST_S = 3600.0
"""How long one sequence may take by its intervals: it is one frame."""
_KNOWN = ("axis_order", "channels", "metadata", "time_plan", "z_plan")
_PLACES = ("stage_positions", "grid_plan")


def read_sequence(text: str, camera: str, focus: str) -> tuple[Plane, ...]:
    """Read a sequence.

    Parameters
    ----------
    text
        JSON, or YAML where PyYAML is installed.
    camera, focus
        Labels of the camera, and of the stage that moves in z; the latter may be empty.

    Raises
    ------
    ConfigError
    """
    sequence = _sequence(_table(text))
    planes = []
    for number, event in enumerate(sequence):
        if number >= MOST_PLANES:
            raise ConfigError("", f"more than {MOST_PLANES} images, allowed: 1 to {MOST_PLANES}")
        planes.append(_plane(event, camera, focus))
        if len(planes) > 1 and planes[-1].after_s < planes[-2].after_s:
            raise ConfigError("axis_order", "with an interval time goes slowest: t comes first")
    if not planes or not planes[0].settings:
        raise ConfigError("", "it takes nothing, needed: channels, z_plan or both")
    return tuple(planes)


def _table(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            table = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ConfigError("", f"not JSON: {error}") from None
    else:
        try:
            yaml: Any = importlib.import_module("yaml")
        except ImportError:
            raise ConfigError(
                "", "not JSON, and YAML needs PyYAML, which is not installed"
            ) from None
        try:
            table = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError) as error:
            raise ConfigError("", f"not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(table, dict):
        raise ConfigError("", "no table of keys, allowed: a sequence of useq-schema")
    return {str(key): value for key, value in table.items() if value not in (None, [], (), {})}


def _sequence(table: dict[str, Any]) -> MDASequence:
    from pydantic import ValidationError
    from useq import MDASequence

    for key in table:
        if key in _PLACES:
            raise ConfigError(key, "not in a session, whose fields of view [measure] states")
        if key not in _KNOWN and key != "uid":
            raise ConfigError(key, f"not in a session, allowed: {', '.join(_KNOWN)}")
    try:
        sequence = MDASequence.model_validate(table)
    except (ValidationError, ValueError, TypeError) as error:
        if not isinstance(error, ValidationError):
            raise ConfigError("", " ".join(str(error).split())) from None
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(key, f"{first['msg']}, not {first['input']!r}") from None
    if sequence.z_plan is not None and sequence.z_plan.is_relative:
        raise ConfigError(
            "z_plan",
            "relative to where the stage happens to be, allowed: top, bottom and step, or absolute",
        )
    _check_steps(sequence.z_plan)
    if sequence.time_plan is not None:
        loops = sequence.time_plan.model_dump().get("loops")  # stated, not worked out
        if loops is None:
            raise ConfigError("time_plan", "allowed: loops and an interval, or duration and loops")
        if loops > MOST_PLANES:
            raise ConfigError("time_plan.loops", f"{loops}, allowed: 1 to {MOST_PLANES}")
    return sequence


def _check_steps(z_plan: object) -> None:
    """Refuse too many before they are listed: a step may be a typing mistake."""
    top, bottom, step = (getattr(z_plan, key, None) for key in ("top", "bottom", "step"))
    if top is None or bottom is None or step is None:
        return
    if not step > 0 or not math.isfinite(top - bottom):
        raise ConfigError("z_plan", f"from {bottom:g} to {top:g} um in steps of {step:g} um")
    if abs(top - bottom) / step >= MOST_PLANES:
        raise ConfigError("z_plan", f"more than {MOST_PLANES} images, allowed: 1 to {MOST_PLANES}")


def _plane(event: MDAEvent, camera: str, focus: str) -> Plane:
    after_s = float(event.min_start_time or 0.0)
    if not after_s <= MOST_S:
        raise ConfigError("time_plan", f"an image after {after_s:g} s, allowed: up to {MOST_S:g} s")
    named, settings = [], dict[str, Value]()
    if event.channel is not None:
        named.append(event.channel.config)
        settings[f"{LABEL}.{event.channel.group}"] = event.channel.config
    if event.exposure is not None:
        settings[f"{camera}.exposure_ms"] = float(event.exposure)
    if event.z_pos is not None:
        if not focus:
            raise ConfigError("z_plan", "the configuration names no focus stage")
        named.append(f"z {event.z_pos:g} um")
        settings[f"{focus}.position_um"] = float(event.z_pos)
    if event.index.get("t"):
        named.append(f"time {event.index['t']}")
    return Plane(", ".join(named), settings, after_s)
