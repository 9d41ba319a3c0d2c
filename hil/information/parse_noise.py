"""``--noise`` of the command line: ``gaussian:sigma_adu=10``, ``poisson``, ``camera:...``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hil.errors import InputError, nearest
from hil.information.camera_noise import CameraNoise
from hil.information.gaussian_noise import GaussianNoise
from hil.information.noise_model import NoiseModel
from hil.information.poisson_noise import PoissonNoise
from hil.information.xray_noise import XrayNoise

_WHERE = "--noise"


@dataclass(frozen=True, slots=True)
class _Kind:
    build: Callable[..., NoiseModel]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return self.required + self.optional


_KINDS = {
    "gaussian": _Kind(GaussianNoise, ("sigma_adu",)),
    "poisson": _Kind(PoissonNoise),
    "camera": _Kind(CameraNoise, ("gain_e_per_adu", "offset_adu", "read_noise_e"), ("bit_depth",)),
    "xray": _Kind(
        XrayNoise, ("adu_per_photon", "offset_adu", "electronic_noise_adu"), ("bit_depth",)
    ),
}


def parse_noise(text: str) -> NoiseModel:
    """Build a noise model from ``kind:key=value,key=value``.

    Raises
    ------
    InputError
        Naming the key, with what is allowed.
    """
    name, _, rest = text.strip().partition(":")
    if name == "calibration":
        raise InputError(
            _WHERE,
            "calibration",
            "calibrations come with hil calibrate, which this version does not have; "
            "allowed: gaussian, poisson, camera",
        )
    if name not in _KINDS:
        raise InputError(_WHERE, "", f"no noise model {name!r}: {nearest(name, _KINDS)}")
    kind = _KINDS[name]
    values = _values(name, kind, rest)
    missing = [key for key in kind.required if key not in values]
    if missing:
        raise InputError(_WHERE, missing[0], f"missing; {name} needs {', '.join(kind.required)}")
    try:
        return kind.build(**values)
    except InputError as error:
        raise InputError(_WHERE, error.key, error.problem) from None


def _values(name: str, kind: _Kind, rest: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for item in (part.strip() for part in rest.split(",") if part.strip()):
        key, equals, word = (part.strip() for part in item.partition("="))
        if key not in kind.keys:
            tail = nearest(key, kind.keys) if kind.keys else f"{name} takes no parameters"
            raise InputError(_WHERE, key, f"{name} has no such parameter: {tail}")
        if not equals:
            raise InputError(_WHERE, key, f"needs a value: {key}=NUMBER")
        if key in values:
            raise InputError(_WHERE, key, "is given twice")
        values[key] = _number(key, word)
    return values


def _number(key: str, word: str) -> float | int:
    try:
        return int(word) if key == "bit_depth" else float(word)
    except ValueError:
        wanted = "an integer" if key == "bit_depth" else "a number"
        raise InputError(_WHERE, key, f"{word!r} is not {wanted}") from None
