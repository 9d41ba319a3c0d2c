"""A file that cannot serve as a scene is refused with its name, on every rig that takes .npy files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from tests.sim.registered import FORMS, Form


def takes_npy(form: Form) -> bool:
    try:
        form.kind.options(form.options | {"scene": "own.npy"}, Path("nowhere"))
    except pydantic.ValidationError:  # not even by name
        return False
    except ConfigError:
        return True
    raise AssertionError("there is no such file")


RIGS = [form for form in FORMS if takes_npy(form)]
FILES = {
    "empty": "the file is empty",
    "archive": "an archive",
    "words": "real numbers",
    "complex": "real numbers",
    "infinite": "finite",
    "none": "one at least",
    "scalar": "own.npy",
}


def write(path: Path, what: str) -> None:
    arrays: dict[str, Any] = {
        "words": np.full((300, 300), "a"),
        "complex": np.full((300, 300), 1j),
        "infinite": np.full((300, 300), np.inf),
        "none": np.zeros((0, 300)),
        "scalar": np.float64(1),
    }
    with path.open("wb") as file:  # numpy would add an ending of its own
        if what == "archive":
            np.savez(file, a=np.ones((300, 300)))
        elif what != "empty":
            np.save(file, arrays[what])


@pytest.mark.parametrize("rig", RIGS, ids=lambda form: form.name)
@pytest.mark.parametrize("what", FILES)
def test_what_is_no_scene_is_refused(rig: Form, what: str, tmp_path: Path) -> None:
    write(tmp_path / "own.npy", what)
    with pytest.raises(ConfigError, match=FILES[what]) as caught:
        rig.kind.options(rig.options | {"scene": "own.npy"}, tmp_path)
    assert caught.value.key == "scene"
    assert "own.npy" in str(caught.value)
