"""Devices that step by the camera's trigger: positions, exposures and properties loaded beforehand.

As Micro-Manager's own acquisition engine does it: what each device goes through is loaded into it,
the devices are started, then the camera takes the series, and its trigger makes them step.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drivers.errors import ConfigError, DriverError
from drivers.micromanager.core import Core
from drivers.micromanager.values import to_text
from drivers.types import Value

_POSITION, _EXPOSURE = "position_um", "exposure_ms"


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one device goes through.

    Parameters
    ----------
    device
        Its label.
    load, start, stop
        Calls of the core.
    """

    device: str
    load: Callable[[], object]
    start: Callable[[], object]
    stop: Callable[[], object]


def stepped(core: Core, camera: str, states: Sequence[Mapping[str, Value]]) -> tuple[Stepped, ...]:
    """Say which devices step through states, and how; touches no hardware.

    Parameters
    ----------
    core
        Connected.
    camera
        Label of the camera whose trigger they follow.
    states
        Canonical names to values; all with the same names.

    Raises
    ------
    ConfigError
        One of them cannot, with the setting as key.
    DeviceFault
    """
    found = []
    for name in states[0]:
        values = [state[name] for state in states]
        if len(set(values)) > 1:
            found.append(_one(core, camera, name, values))
    return tuple(found)


def _one(core: Core, camera: str, name: str, values: list[Value]) -> Stepped:
    label = max(
        (one for one in core.getLoadedDevices() if name.startswith(f"{one}.")), key=len, default=""
    )
    own = name[len(label) + 1 :]
    with core.words(label, f"asking whether {name} can be triggered"):
        if own == _EXPOSURE:
            able = label == camera and core.isExposureSequenceable(label)
            most = core.getExposureSequenceMaxLength(label) if able else 0
        elif own == _POSITION:
            able = core.isStageSequenceable(label)
            most = core.getStageSequenceMaxLength(label) if able else 0
        else:
            able = core.hasProperty(label, own) and core.isPropertySequenceable(label, own)
            most = core.getPropertySequenceMaxLength(label, own) if able else 0
    if not able:
        raise ConfigError(name, "the device does not say that it can be triggered")
    if len(values) > most:
        raise ConfigError(name, f"{len(values)} steps, the device takes {most}")
    if own == _EXPOSURE:
        exposures = [float(value) for value in values]
        return Stepped(
            label,
            lambda: core.loadExposureSequence(label, exposures),
            lambda: core.startExposureSequence(label),
            lambda: _end_exposures(core, label),
        )
    if own == _POSITION:
        positions = [float(value) for value in values]
        return Stepped(
            label,
            lambda: core.loadStageSequence(label, positions),
            lambda: core.startStageSequence(label),
            lambda: core.stopStageSequence(label),
        )
    texts = [to_text(value) for value in values]
    return Stepped(
        label,
        lambda: core.loadPropertySequence(label, own, texts),
        lambda: core.startPropertySequence(label, own),
        lambda: core.stopPropertySequence(label, own),
    )


def _end_exposures(core: Core, label: str) -> None:
    """End a camera's exposures, and have it forget them: the demo's goes on by them otherwise."""
    core.stopExposureSequence(label)
    core.loadExposureSequence(label, [])


@contextlib.contextmanager
def stepping(core: Core, devices: Sequence[Stepped]) -> Iterator[None]:
    """Let devices step by the trigger for the length of a ``with`` block.

    Raises
    ------
    DeviceFault, DeviceLost
    """
    started = []
    try:
        for one in devices:
            with core.words(one.device, "loading what it is triggered through"):
                one.load()
        for one in devices:
            started.append(one)
            with core.words(one.device, "waiting for triggers"):
                one.start()
        yield
    finally:
        for one in started:
            with contextlib.suppress(DriverError), core.words(one.device, "ending its triggers"):
                one.stop()
