from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.study.cache import CellCache, _meaning, digest_of_code


def test_the_same_question_is_asked_once_and_another_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def answer() -> dict[str, float]:
        asked.append(1)
        return {"value": 0.1}

    cells = CellCache(tmp_path / "cells", "code")
    assert cells.get({"x": 1}, answer) == ({"value": 0.1}, False)
    assert cells.get({"x": 1}, answer) == ({"value": 0.1}, True)
    assert not cells.get({"x": 2}, answer)[1]
    assert not CellCache(tmp_path / "cells", "other code").get({"x": 1}, answer)[1]
    assert len(asked) == 3


def test_half_a_file_is_measured_again(tmp_path: Path) -> None:
    cells = CellCache(tmp_path, "code")
    cells.get({}, lambda: {"value": 1})
    (written,) = tmp_path.glob("*.json")
    written.write_text('{"val')
    assert cells.get({}, lambda: {"value": 2}) == ({"value": 2}, False)


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        CellCache(tmp_path / "file", "code").get({}, lambda: {})


def test_code_of_another_domain_has_another_digest() -> None:
    lensless = digest_of_code(("sim.lensless",), "lensless")
    assert lensless == digest_of_code(("sim.lensless",), "lensless")
    assert lensless != digest_of_code(("sim.lensless",), "satellite")


def test_comments_and_layout_are_no_other_code() -> None:
    plain = 'def f(x):\n    """Say."""\n    return x + 1\n'
    same = '# why\ndef f( x ):\n    """Say more."""\n    return (x + 1)\n'
    assert _meaning(plain) == _meaning(same) != _meaning(plain.replace("1", "2"))
