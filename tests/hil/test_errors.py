"""Exit statuses, and messages that name the place and the nearest word."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import (
    HilError,
    InputError,
    Interrupted,
    RigError,
    RigHeld,
    SafetyError,
    StoreError,
    nearest,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (HilError, 1),
        (InputError, 2),
        (RigHeld, 3),
        (SafetyError, 1),
        (StoreError, 1),
        (RigError, 1),
        (Interrupted, 130),
    ],
)
def test_each_error_has_its_exit_status(error: type[HilError], status: int) -> None:
    assert issubclass(error, HilError)
    assert error.exit_status == status


def test_a_message_names_file_and_key_and_leaves_out_what_is_empty() -> None:
    error = InputError(Path("rig.toml"), "noise.kind", "allowed: camera")
    assert str(error) == "rig.toml: noise.kind: allowed: camera"
    assert (error.where, error.key, error.problem) == ("rig.toml", "noise.kind", "allowed: camera")
    assert str(InputError("--db", "", "not a URL")) == "--db: not a URL"


def test_the_nearest_word_or_all_of_them() -> None:
    assert nearest("poison", ["poisson", "camera"]) == "did you mean 'poisson'?"
    assert nearest("xyz", ["b", "a", "b"]) == "allowed: a, b"
    assert nearest("xyz", []) == "there is none"
    many = nearest("xyz", [f"name{i:02}" for i in range(13)])
    assert many.endswith("name11, ...")
