"""Sequences of useq-schema, as Micro-Manager's windows write them, in the words of our settings.

The engine of pymmcore-plus is not asked to run them, see docs/decisions/0013: it would move stages
and presets past the rig's limits and deadlines. What an event means is said here; the rig takes it
there.
"""

from __future__ import annotations

import importlib
import json
import math
from datetime import timedelta
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
_PLACES = "not in a session, whose fields of view [measure] states"
_REFUSED = {
    "stage_positions": _PLACES,
    "grid_plan": _PLACES,
    "autofocus_plan": "not in a session, allowed: to search the focus",
    "keep_shutter_open_across": "not in a session, where light is on for exposures alone",
    "setup": "not in a session, allowed: [setup] of the rig file, or [fixed]",
}


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
        if key in _REFUSED:
            raise ConfigError(key, _REFUSED[key])
        if key not in _KNOWN and key != "uid":
            raise ConfigError(key, f"not in a session, allowed: {', '.join(_KNOWN)}")
    _check_channels(table)
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
    for plan in ("z_plan", "time_plan"):
        _check_keys(plan, table.get(plan), getattr(sequence, plan))
    if sequence.time_plan is not None:
        loops = sequence.time_plan.model_dump().get("loops")  # stated, not worked out
        if loops is None:
            raise ConfigError("time_plan", "allowed: loops and an interval, or duration and loops")
        if getattr(sequence.time_plan, "interval", timedelta()) < timedelta():
            raise ConfigError("time_plan.interval", "below 0 s")
        if loops > MOST_PLANES:
            raise ConfigError("time_plan.loops", f"{loops}, allowed: 1 to {MOST_PLANES}")
    return sequence


def _check_channels(table: dict[str, Any]) -> None:
    """Refuse what useq-schema lets pass without a word, and what would do nothing."""
    from useq import Channel

    channels = table.get("channels")
    for i, channel in enumerate(channels if isinstance(channels, list) else ()):
        if not isinstance(channel, dict):
            continue
        for key in channel:
            if key not in Channel.model_fields:
                allowed = ", ".join(Channel.model_fields)
                raise ConfigError(f"channels.{i}.{key}", f"unknown, allowed: {allowed}")
        if channel.get("camera"):
            raise ConfigError(f"channels.{i}.camera", "all images are the rig's camera's")
        if channel.get("z_offset") and "z_plan" not in table:
            raise ConfigError(f"channels.{i}.z_offset", "only with z_plan")


def _check_keys(plan: str, said: object, read: object) -> None:
    known = getattr(type(read), "model_fields", {})
    for key in said if isinstance(said, dict) and known else ():
        if key not in known:
            raise ConfigError(f"{plan}.{key}", f"unknown, allowed: {', '.join(known)}")


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
