"""The plugins that hold a camera's newest image: a number that changes with it, and its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from drivers.epics.described import Variables
from drivers.errors import DeviceFault
from drivers.types import Pixels, Value

_TYPES: Mapping[str, type[np.unsignedinteger[Any]]] = {
    "UInt8": np.uint8,
    "UInt16": np.uint16,
}


class StructuredVariables(Variables, Protocol):
    """Variables of which some are structures."""

    def read_structure(self, name: str, fields: str = "") -> Any:
        """Ask for a structure of PV Access, or for some of its fields."""
        ...


class ArrayPlugin:
    """The standard-array plugin: pixels are one variable, their shape and type others.

    Channel Access has no unsigned numbers: ``DataType_RBV`` says what they are.

    Parameters
    ----------
    label
        Of the camera, in the words of errors.
    channels
        Connected.
    pvs
        Names of the variables, as `drivers.epics.detector.detector_names` gives them.
    """

    def __init__(self, label: str, channels: StructuredVariables, pvs: Mapping[str, str]) -> None:
        self._label, self._channels, self._pvs = label, channels, pvs
        self._types = channels.describe(pvs["type"]).choices

    def newest(self) -> Value:
        """Ask for the number of the newest image.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        return self._channels.read(self._pvs["id"])

    def pixels(self) -> Pixels:
        """Ask for the newest image, (rows, columns).

        Raises
        ------
        DeviceFault, DeviceLost
        """
        ask = self._channels.read
        width, height, depth = (int(ask(self._pvs[k])) for k in ("width", "height", "depth"))
        stated = ask(self._pvs["type"])
        name = self._types[stated] if isinstance(stated, int) else str(stated)
        if name not in _TYPES or depth > 1 or width < 1 or height < 1:
            raise _no_image(self._label, f"{width} x {height} x {depth} of {name}")
        found = np.asarray(self._channels.read_array(self._pvs["pixels"], width * height))
        if found.size < width * height:
            problem = f"{found.size} of {width * height} pixels came"
            raise DeviceFault(self._label, "capture", problem)
        # Signed on the way: the same bits are the unsigned values.
        values = found[: width * height].astype(np.int64).astype(_TYPES[name])
        return values.reshape(height, width).copy()


class PvaPlugin:
    """The plugin of PV Access: an image is one structure, NTNDArray, with all that it is.

    Parameters are those of `ArrayPlugin`.
    """

    def __init__(self, label: str, channels: StructuredVariables, pvs: Mapping[str, str]) -> None:
        self._label, self._channels, self._pv = label, channels, pvs["image"]
        if "uniqueId" not in (said := channels.read_structure(self._pv, "uniqueId")):
            kind = said.getID() or "structure"
            problem = f"{self._pv} is of type {kind}, allowed: NTNDArray"
            raise DeviceFault(label, "open", problem)

    def newest(self) -> Value:
        """Ask for the number of the newest image.

        Raises
        ------
        DeviceFault, DeviceLost
        """
        return int(self._channels.read_structure(self._pv, "uniqueId")["uniqueId"])

    def pixels(self) -> Pixels:
        """Ask for the newest image, (rows, columns).

        Raises
        ------
        DeviceFault, DeviceLost
        """
        said = self._channels.read_structure(self._pv)
        if codec := str(said.get("codec.name") or ""):
            raise _no_image(self._label, f"compressed by {codec}")
        shape = tuple(int(one["size"]) for one in reversed(said["dimension"]))
        found = said["value"]
        found = np.asarray([] if found is None else found)
        allowed = found.dtype in (np.uint8, np.uint16)
        if not allowed or len(shape) != 2 or min(shape) < 1:
            sizes = " x ".join(str(size) for size in reversed(shape)) or "nothing"
            raise _no_image(self._label, f"{sizes} of {found.dtype}")
        if found.size != shape[0] * shape[1]:
            problem = f"{found.size} of {shape[0] * shape[1]} pixels came"
            raise DeviceFault(self._label, "capture", problem)
        return found.reshape(shape).copy()


def _no_image(label: str, found: str) -> DeviceFault:
    problem = f"the image is {found}, allowed: width x height of UInt8 or UInt16"
    return DeviceFault(label, "capture", problem)
