"""What the two files may say, as JSON schemas: editors complete and check by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from hil.errors import InputError, nearest
from hil.spec.rig import RigSpec
from hil.spec.session import SessionSpec

_FILES: Mapping[str, type[BaseModel]] = {"rig": RigSpec, "session": SessionSpec}


def json_schema(file: str) -> dict[str, Any]:
    """Give the schema of a rig file or of a session file (JSON Schema 2020-12).

    It knows keys, types and bounds of single values; what two keys say together, and what devices
    say, `hil run` checks.

    Parameters
    ----------
    file
        ``"rig"`` or ``"session"``.

    Raises
    ------
    InputError
        It is another word.
    """
    if file not in _FILES:
        raise InputError("hil schema", file, f"unknown, {nearest(file, _FILES)}")
    schema = _FILES[file].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
