"""What is wrong with a table or its files is said in one line, before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydantic
import pytest

from drivers.errors import ConfigError
from drivers.modal.kind import KIND
from tests.drivers.modal.mirrors import MODES, shapes, write_mirror

PER_NM = 1 / 3000


class Wrong(NamedTuple):
    name: str
    changes: dict[str, Any]
    key: str
    says: str


def files(folder: Path) -> None:
    """Files with one mistake each."""
    good = shapes() * PER_NM
    np.save(folder / "good.npy", good)
    np.save(folder / "transposed.npy", good.T)
    np.save(folder / "cube.npy", good[None])
    np.save(folder / "strong.npy", 1 / np.where(np.abs(good) < 1e-9, 1e-9, good))
    np.save(folder / "twice.npy", np.hstack([good[:, :-1], good[:, :1]]))
    np.save(folder / "dead.npy", good * (np.arange(8) != 3))
    np.save(folder / "nan.npy", np.where(np.arange(8) == 2, np.nan, good))
    np.save(folder / "text.npy", np.array(["a", "b"]))
    np.save(folder / "short.npy", np.full(97, 0.5))
    np.save(folder / "volts.npy", np.full(140, 130.0))
    np.save(folder / "places.npy", np.zeros((12, 12)))
    (folder / "broken.npy").write_bytes(b"\x93NUMPY no")
    (folder / "volts.csv").write_text("# unit: v\n" + "0.5\n" * 140, encoding="utf-8")
    rows = "\n".join(",".join(f"{x:.6g}" for x in row) for row in good)
    names = ",".join(MODES)
    (folder / "per_um.csv").write_text(f"# unit: share/um\n{names}\n{rows}\n", encoding="utf-8")
    (folder / "ragged.csv").write_text(f"{names}\n1,2,3\n", encoding="utf-8")
    (folder / "words.csv").write_text("1,2\n3,four\n", encoding="utf-8")
    (folder / "empty.csv").write_text("# nothing\n", encoding="utf-8")


WRONG = [
    Wrong("no such file", {"matrix": "none.npy"}, "matrix", "no file 'none.npy'"),
    Wrong("not a form that is read", {"matrix": "modes.mat"}, "matrix", ".npy or .csv"),
    Wrong("broken", {"matrix": "broken.npy"}, "matrix", "cannot be read"),
    Wrong("text", {"matrix": "text.npy"}, "matrix", "real numbers"),
    Wrong("no modes named", {"matrix": "good.npy"}, "modes", "needed"),
    Wrong("transposed", {"matrix": "transposed.npy", "modes": MODES}, "matrix", "transposed"),
    Wrong("three axes", {"matrix": "cube.npy", "modes": MODES}, "matrix", "(actuators, modes)"),
    Wrong("a mode too few", {"matrix": "good.npy", "modes": MODES[:7]}, "matrix", "(140, 8)"),
    Wrong("a mode without unit", {"matrix": "good.npy", "modes": ("a b",) * 8}, "modes", "unit"),
    Wrong("a mode twice", {"matrix": "good.npy", "modes": ("z4_nm",) * 8}, "modes", "twice"),
    Wrong("other names", {"modes": tuple(reversed(MODES))}, "modes", "names its columns"),
    Wrong("not finite", {"matrix": "nan.npy", "modes": MODES}, "matrix", "no finite number"),
    Wrong("dependent", {"matrix": "twice.npy", "modes": MODES}, "matrix", "not independent"),
    Wrong("a dead mode", {"matrix": "dead.npy", "modes": MODES}, "matrix", "z7_nm moves no"),
    Wrong("nm per share", {"matrix": "strong.npy", "modes": MODES}, "matrix", "share per nm"),
    Wrong("another unit", {"matrix": "per_um.csv"}, "matrix", "share/um, allowed: share/nm"),
    Wrong("ragged", {"matrix": "ragged.csv"}, "matrix", "line 2: 3 numbers"),
    Wrong("words", {"matrix": "words.csv"}, "matrix", "line 2: 'four' is no number"),
    Wrong("empty", {"matrix": "empty.csv"}, "matrix", "no numbers"),
    Wrong("flat of another mirror", {"flat": "short.npy"}, "flat", "(97,)"),
    Wrong("flat in volts", {"flat": "volts.npy"}, "flat", "unit of the actuators"),
    Wrong("flat in another unit", {"flat": "volts.csv"}, "flat", "is in v, allowed: share"),
    Wrong("flat at the stop", {"flat": 1.0, "sum_high": 200.0}, "flat", "cannot move"),
    Wrong("flat above the sum", {"sum_high": 40.0}, "flat", "the sum of all actuators"),
    Wrong("bounds swapped", {"low": 1.0, "high": 0.0}, "low", "not below"),
    Wrong("no bounds", {"low": None}, "low", "needed"),
    Wrong("sums swapped", {"sum_low": 80.0}, "sum_low", "not below sum_high"),
    Wrong("no layout", {"layout": None}, "layout", "needed by neighbour_max"),
    Wrong("a layout of zeros", {"layout": "places.npy"}, "layout", "each number from 0 to 139"),
    Wrong("no array", {"array": {}}, "array", "kind"),
    Wrong("unknown array", {"array": {"kind": "memry"}}, "array.kind", "did you mean 'memory'?"),
    Wrong("array's own key", {"array": {"kind": "memory"}}, "array.actuators", "required"),
    Wrong(
        "beyond the array's own",
        {"array": {"kind": "bmc", "serial": "1"}, "high": 1.5},
        "high",
        "1.5 is beyond what the array takes, 1",
    ),
    Wrong(
        "another unit than the array's",
        {"array": {"kind": "thorlabs", "serial": "1"}},
        "unit",
        "the array takes 'v'",
    ),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_refused_in_one_line(case: Wrong, tmp_path: Path) -> None:
    table = {**write_mirror(tmp_path), **case.changes}
    files(tmp_path)
    with pytest.raises(ConfigError) as caught:
        KIND.options({k: v for k, v in table.items() if v is not None}, tmp_path)
    assert caught.value.key == case.key
    assert case.says in caught.value.problem
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong", [{"neighbour_max": -1.0}, {"backlash": float("nan")}, {"mdes": 1}]
)
def test_wrong_keys_and_numbers_are_named(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(pydantic.ValidationError, match=next(iter(wrong))):
        KIND.options({**write_mirror(tmp_path), **wrong}, tmp_path)


def test_one_mirror_is_one_resource(tmp_path: Path) -> None:
    table = {**write_mirror(tmp_path), "array": {"kind": "bmc", "serial": "17DW008#094"}}
    assert KIND.resources(KIND.options(table, tmp_path)) == ("bmc 17DW008#094",)
    table = write_mirror(tmp_path)
    assert KIND.resources(KIND.options(table, tmp_path)) == ()
