"""Devices that Micro-Manager's Utilities make of others, and whether they have any.

One that has none answers with an error, or with whatever is in its memory: a shutter that cannot be
closed, a stage that stands anywhere.
"""

from __future__ import annotations

from collections.abc import Collection

from drivers.micromanager.core import Core

COMBINING = "Utilities"
_NONE = frozenset({"", "None", "Undefined"})
"""What a choice among devices reads before one is made."""


def lacks_devices(core: Core, label: str, labels: Collection[str]) -> tuple[str, ...]:
    """Name the properties to which devices could be assigned, if none is; else empty.

    Parameters
    ----------
    core, label
        The device.
    labels
        Of all devices that are loaded.

    Raises
    ------
    DeviceFault
    """
    with core.words(label, "asking what it is made of"):
        if core.getDeviceLibrary(label) != COMBINING:
            return ()
        known = _NONE.union(labels)
        choices = {
            name: set(core.getAllowedPropertyValues(label, name))
            for name in core.getDevicePropertyNames(label)
        }
        made_of = [
            name
            for name, texts in choices.items()
            if name == "Port" or (texts & _NONE and texts <= known)
        ]
        if any(core.getProperty(label, name) not in _NONE for name in made_of):
            return ()
        return tuple(made_of)
