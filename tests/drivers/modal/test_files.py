"""Files of numbers as spreadsheets, scripts and mistakes write them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from drivers.errors import ConfigError
from drivers.modal.files import read_numbers

WANTED = [[0.5, -0.25], [1.0, 200.0]]


class Good(NamedTuple):
    name: str
    data: bytes


GOOD = [
    Good("commas", b"0.5,-0.25\n1,2e2\n"),
    Good("byte order mark and CRLF", b"\xef\xbb\xbf0.5,-.25\r\n1.0,2.E+2\r\n"),
    Good("blanks", b"  0.5   -0.25\n1 200\n"),
    Good("semicolons and decimal commas", b"0,5;-0,25\n1;2,0e2\n"),
    Good("tabs and decimal commas", b"0,5\t-0,25\r\n1,0\t200,0\r\n"),
    Good("quoted", b'"0.5";"-0.25"\n"1";"200"\n'),
    Good("old Mac", b"0.5,-0.25\r1,200\r"),
]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_numbers_are_read_as_they_were_written(case: Good, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(case.data)
    assert read_numbers(tmp_path, "m.csv", "matrix").values.tolist() == WANTED


class Bad(NamedTuple):
    name: str
    file: str
    data: bytes
    says: str


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was loaded",))


def _npy(values: object) -> bytes:
    import io

    file = io.BytesIO()
    np.save(file, np.asarray(values), allow_pickle=True)
    return file.getvalue()


def _npz() -> bytes:
    import io

    file = io.BytesIO()
    np.savez(file, matrix=np.eye(2))
    return file.getvalue()


BAD = [
    Bad("not a number", "m.csv", b"1,nan\n", "no finite number"),
    Bad("infinite", "m.csv", b"1,-inf\n", "no finite number"),
    Bad("overflowing", "m.csv", b"1,1e999\n", "no finite number"),
    Bad("commas for both", "m.csv", b"0,5 0,3\n", "decimal commas need ; or tabs"),
    Bad("commas and points", "m.csv", b"0,5;0.3\n1;2\n", "line 1: '0,5' is no number"),
    Bad("half a header", "m.csv", b"z4_nm,5\n1,2\n", "line 1: 'z4_nm' is no number"),
    Bad("a comma at the end", "m.csv", b"1,2,\n3,4,\n", "line 1: '' is no number"),
    Bad("an underscore", "m.csv", b"1_0,2\n", "'1_0' is no number"),
    Bad("other digits", "m.csv", "\u0661,2\n".encode(), "is no number"),
    Bad("a second header", "m.csv", b"a,b\n1,2\nc,d\n", "line 3: 'c' is no number"),
    Bad("ragged", "m.csv", b"1,2\n3\n", "line 2: 1 numbers, 2"),
    Bad("UTF-16", "m.csv", "1,2\n".encode("utf-16"), "cannot be read"),
    Bad("nothing", "m.csv", b"# unit: v/nm\n", "no numbers"),
    Bad("a pickle", "m.npy", pickle.dumps(Bomb()), "cannot be read"),
    Bad("a pickle inside", "m.npy", _npy(np.array([Bomb()], dtype=object)), "cannot be read"),
    Bad("an archive", "m.npy", _npz(), "cannot be read"),
    Bad("complex", "m.npy", _npy([1j]), "real numbers"),
    Bad("truths", "m.npy", _npy([True]), "real numbers"),
    Bad("cut off", "m.npy", _npy(np.eye(4))[:-9], "cannot be read"),
    Bad("not a number, binary", "m.npy", _npy([1.0, np.nan]), "no finite number"),
    Bad("no such form", "m.xlsx", b"", "an .npy or .csv file"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_what_is_wrong_is_one_line_and_no_pickle_is_loaded(case: Bad, tmp_path: Path) -> None:
    (tmp_path / case.file).write_bytes(case.data)
    with pytest.raises(ConfigError) as caught:
        read_numbers(tmp_path, case.file, "matrix")
    assert case.says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert repr(case.file) in str(caught.value)


def test_names_and_a_unit_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("# unit: v/nm\nz4_nm;z5_nm\n0,5;1,5\n", encoding="utf-8")
    found = read_numbers(tmp_path, "m.csv", "matrix")
    assert (found.columns, found.unit) == (("z4_nm", "z5_nm"), "v/nm")
    assert found.values.tolist() == [[0.5, 1.5]]
