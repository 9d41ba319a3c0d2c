"""Where a session starts, and what its fields and blanks move."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from tests.hil.session_bench import run_files as run
from tests.hil.small_session import RIG, SESSION


def with_blank(blank: str, objective: str = "minus_blank = true") -> str:
    text = SESSION.replace("repeats = 2", f"repeats = 2\nblank = {blank}")
    return f'{text}\n[objective]\nmaximize = "bits_per_pixel"\n{objective}\n'


def test_a_blank_that_moves_what_is_searched_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"focus\.z_um is also searched"):
        run(tmp_path, RIG, with_blank('{ set = { "focus.z_um" = 5.0 } }'))
