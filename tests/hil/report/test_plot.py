"""Every kind of figure, in every format, of every kind of session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import hil
import hil.report
from hil.errors import InputError
from hil.report.modes_plot import draw_modes
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


def test_every_figure_is_drawn_in_the_style_in_which_a_dollar_sign_is_one() -> None:
    files = Path(hil.report.__file__).parent.rglob("*.py")
    drawing = [path for path in files if "Figure(fig" in path.read_text(encoding="utf-8")]
    assert len(drawing) > 10
    for path in drawing:
        assert "with style()" in path.read_text(encoding="utf-8"), path


def test_modes_with_any_name_are_drawn(tmp_path: Path) -> None:
    names = [r"$\frac{", "<b>&"]
    draw_modes(names, ["r 1", r"$x^{"], np.ones((2, 4, 4)), tmp_path / "modes.png")
    assert (tmp_path / "modes.png").stat().st_size > 1000
