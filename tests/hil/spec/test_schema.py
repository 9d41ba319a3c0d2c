"""The schemas take every file that there is, and refuse what is misspelt."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hil.errors import InputError
from hil.spec.schema import json_schema
from tests.hil.small_session import RIG, SESSION

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "examples").glob("*/*.toml"))


def complaints(file: str, table: dict[str, Any]) -> list[str]:
    schema = json_schema(file)
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(table)]


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name.startswith(("rig", "session"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_the_files_of_the_examples(path: Path) -> None:
    file = "rig" if path.name.startswith("rig") else "session"
    assert complaints(file, tomllib.loads(path.read_text(encoding="utf-8"))) == []


def test_what_is_misspelt_is_found() -> None:
    rig, session = tomllib.loads(RIG), tomllib.loads(SESSION)
    assert complaints("rig", rig) == complaints("session", session) == []
    assert complaints("rig", {**rig, "camra": "camera"})
    assert complaints("session", {**session, "trails": 3})
    assert complaints("session", {**session, "trials": 0})
    assert complaints("session", {**session, "sampler": {"kind": "randm"}})
    assert complaints("session", {key: session[key] for key in session if key != "search"})


def test_another_word() -> None:
    with pytest.raises(InputError, match="session"):
        json_schema("sessions")
