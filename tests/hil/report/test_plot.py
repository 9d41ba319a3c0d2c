"""Every kind of figure, in every format, of every kind of session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import hil
from hil.errors import InputError
from hil.report.plot import KINDS, draw, draw_to_file
from hil.store import Database


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_drawn(
    kind: str, database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(objectives=("bits_per_pixel", "speed"))
    assert isinstance(draw(database, key, kind), Figure)
    for ending, head in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        path = tmp_path / f"figure{ending}"
        draw_to_file(database, key, kind, path)
        assert path.read_bytes().startswith(head)
    for empty in (measured(n=0), measured(n=1, frames=False)):
        draw_to_file(database, empty, kind, tmp_path / "empty.svg")


def test_what_there_is_not_is_named(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(n=1)
    with pytest.raises(InputError, match="did you mean 'history'"):
        draw(database, key, "histroy")
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        draw_to_file(database, key, "history", tmp_path / "figure.gif")
    assert not list(tmp_path.glob("figure*"))


def test_it_stands_under_hil() -> None:
    assert hil.plot.draw is draw
