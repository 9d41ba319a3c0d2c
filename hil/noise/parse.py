"""``--noise`` of the command line: ``gaussian:sigma_adu=10``, ``poisson``, ``camera:...``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pydantic import ValidationError

from hil.errors import InputError, nearest
from hil.noise.from_spec import build_noise, noise_specs
from hil.noise.model import FlattenedNoise, NoiseModel
from hil.spec.base import IN_WORDS, Spec
from hil.spec.load import input_error
from hil.spec.noise import NoiseSpec

_WHERE = "--noise"


def parse_noise(text: str) -> NoiseModel | FlattenedNoise:
    """Build a noise model from ``kind:key=value,key=value``; kinds and keys are those of rig files.

    Raises
    ------
    InputError
        Naming the key, with what is allowed.
    """
    try:
        return build_noise(parse_noise_spec(text), Path())
    except InputError as error:
        raise InputError(_WHERE, error.key, error.problem) from None


def parse_noise_spec(text: str) -> NoiseSpec:
    """Read ``kind:key=value,key=value`` as what a rig file would say under ``[noise]``.

    Raises
    ------
    InputError
        Naming the key, with what is allowed.
    """
    name, _, rest = (part.strip() for part in text.partition(":"))
    kinds = noise_specs()
    if name == "calibration":
        raise InputError(
            _WHERE,
            "calibration",
            "a calibration lies in a database: hil estimate takes --db, and in Python"
            f" hil.calibration.stored_noise does; allowed here: {', '.join(kinds)}",
        )
    if name not in kinds:
        raise InputError(_WHERE, "", f"no noise model {name!r}: {nearest(name, kinds)}")
    values = _values(name, kinds[name], rest)
    try:
        return cast(
            NoiseSpec, kinds[name].model_validate({"kind": name, **values}, context=IN_WORDS)
        )
    except ValidationError as error:
        raise input_error(error, _WHERE, values) from None


def _values(name: str, kind: type[Spec], rest: str) -> dict[str, str]:
    """Split ``key=value,key=value``; the spec turns the words into numbers."""
    fields = {key: field for key, field in kind.model_fields.items() if key != "kind"}
    values: dict[str, str] = {}
    for item in (part.strip() for part in rest.split(",") if part.strip()):
        key, equals, word = (part.strip() for part in item.partition("="))
        if key not in fields:
            tail = nearest(key, fields) if fields else f"{name} takes no parameters"
            raise InputError(_WHERE, key, f"{name} has no such parameter: {tail}")
        if not equals or not word:
            raise InputError(_WHERE, key, f"needs a value: {key}=...")
        if key in values:
            raise InputError(_WHERE, key, "is given twice")
        values[key] = word
    needed = [key for key, field in fields.items() if field.is_required()]
    missing = [key for key in needed if key not in values]
    if missing:
        raise InputError(_WHERE, missing[0], f"missing; {name} needs {', '.join(needed)}")
    return values
