"""Matrices of limits: inline, from files, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import InputError, SafetyError
from hil.rig.moves.build import check_matrices, joint_limits
from hil.rig.moves.joint import problem
from hil.rig.plan import Plan
from hil.spec import RigSpec, load_rig_file

BARE = {"name": "bench", "camera": "camera", "driver": [{"kind": "bench"}]}
TABLE: dict[str, Any] = {
    "settings": ["mirror.a", "mirror.b"],
    "matrix": [[1, 0.5], [0, 1]],
    "max": 10,
}


def spec(**changes: Any) -> RigSpec:
    return RigSpec.model_validate(BARE | {"limits_matrix": [TABLE | changes]})


def same(names: Sequence[str], key: str) -> tuple[str, ...]:
    return tuple(names)


def test_inline_and_file_are_the_same(tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", np.array(TABLE["matrix"]))
    np.save(tmp_path / "flat.npy", np.array([1, 2]))
    given = (spec(flat=[1, 2]), spec(matrix="b.npy", flat="flat.npy", max=[10, 10]))
    for values, says in (
        ({"mirror.a": 8, "mirror.b": 2}, ""),
        ({"mirror.a": 8, "mirror.b": 3}, "10.5"),
    ):
        for one in given:
            (limit,) = joint_limits(one, tmp_path, same)
            found = problem(limit, values)
            assert (says in found) if says else found == ""


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"matrix": [[1, 2, 3]]}, "matrix", "(actuators, 2)"),
    ({"matrix": [[1, 2], [3]]}, "matrix", "differ in length"),
    ({"matrix": []}, "matrix", "(actuators, 2)"),
    ({"matrix": "none.npy"}, "matrix", "no file 'none.npy'"),
    ({"matrix": "text.npy"}, "matrix", "cannot be read"),
    ({"matrix": "nan.npy"}, "matrix", "not finite"),
    ({"matrix": "complex.npy"}, "matrix", ".npy file of real"),
    ({"matrix": "objects.npy"}, "matrix", "cannot be read"),
    ({"matrix": "."}, "matrix", "cannot be read"),
    ({"flat": [1]}, "flat", "one number, or 2"),
    ({"max": [1, -1]}, "max", "0 or more"),
]


@pytest.mark.parametrize(("changes", "key", "says"), MISTAKES)
def test_mistakes_name_their_key(
    tmp_path: Path, changes: dict[str, Any], key: str, says: str
) -> None:
    (tmp_path / "text.npy").write_text("no array", encoding="utf-8")
    np.save(tmp_path / "nan.npy", np.array([[np.nan, 1.0]]))
    np.save(tmp_path / "complex.npy", np.array([[1j, 1.0]]))
    np.save(tmp_path / "objects.npy", np.array([[{}, 1.0]], dtype=object), allow_pickle=True)
    with pytest.raises(SafetyError) as caught:
        check_matrices(spec(**changes), tmp_path)
    assert caught.value.key == f"limits_matrix.0.{key}"
    assert says in str(caught.value)


def test_a_broken_matrix_is_told_before_anything_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(
        'name = "r"\ncamera = "camera"\n[[driver]]\nkind = "sim.microscope"\n'
        '[[limits_matrix]]\nsettings = ["mirror.z4_nm"]\nmatrix = "gone.npy"\nmax = 1\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"limits_matrix\.0\.matrix: no file 'gone\.npy'"):
        Plan(load_rig_file(path))
