"""The page is valid HTML, whole, offline, and says what there is and what there is not."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest

from hil.errors import InputError
from hil.report import course_figures
from hil.report.drawing import svg
from hil.report.material import material_of
from hil.report.page import page, write_report
from hil.store import Database

HOSTILE = "<script>alert('x')</script> $\\frac{ \"&\x07\u202e\ufffe\n\U0001f52c"


def text_of(database: Database, session: str, folder: Path) -> str:
    path = folder / "report.html"
    write_report(database, session, path)
    return checked(path)


def checked(path: Path) -> str:
    """Text of a page that is valid, whole and offline."""
    text = path.read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True).parse(text)
    for kind, drawn in re.findall(r"data:image/([a-z+]+);base64,([^\"]+)\"", text):
        if kind == "png":
            assert b64decode(drawn).startswith(b"\x89PNG")
        else:
            ElementTree.fromstring(b64decode(drawn))
    assert not re.search(r"(?:src|href)=\"(?!data:)", text), "a request leaves the page"
    return text


def test_a_session_is_told_whole(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(note="oil", tags=("a", "b"))
    best = database.trials(key, sort="-objective", limit=1).iloc[0]
    text = text_of(database, key, tmp_path)
    assert f"Trial {best['number']}: <strong>{best['objective']:.6g}</strong>" in text
    for said in ("stage.x_um", "a, b", "oil", "name = &#34;scope&#34;", "trial FAILED"):
        assert said in text, said
    assert text.count("<img ") == text.count(' alt="Figure') == 7
    assert "<p>Nothing to show: no two reference trials" in text
    assert len(text) < 5e6


def test_hostile_names_are_text(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    key = measured(
        names=(f"stage.{HOSTILE}", "cost.$x^"),
        name=HOSTILE,
        rig=HOSTILE,
        note=HOSTILE,
        tags=(HOSTILE,),
        session_text=HOSTILE,
        versions={HOSTILE: HOSTILE},
    )
    text = text_of(database, key, tmp_path)
    assert "<script" not in text
    assert "<b>late" not in text
    assert "\x07" not in text
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;late&lt;/b&gt; &amp; lost" in text


def test_sessions_without_trials_or_frames_say_so(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    assert "no trial is complete" in text_of(database, measured(n=0), tmp_path)
    assert "Trial " in text_of(database, measured(n=1), tmp_path)
    text_of(database, measured(n=3, frames=False), tmp_path)


def test_what_flags_keep_from_winning_is_said(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(n=4))
    assert "cannot win" not in page(material)
    result = replace(material.result, best=None, winner=None, n_barred=4)
    text = page(replace(material, result=result))
    assert "None: every complete trial breaks a constraint." in text
    assert "Of 4 complete trials 4 cannot win" in text
    assert "allow_flags" in text


def test_a_name_of_thousands_of_letters_is_cut_in_the_heading(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=1, name="n" * 3000)
    text = page(material_of(database, key))
    (heading,) = re.findall("<h1>(.*)</h1>", text)
    assert len(heading) < 140 and key[:8] in heading
    assert "n" * 3000 in text  # whole, in the table


@pytest.mark.parametrize(
    "fields", [lambda number: [number % 3], lambda number: [2, 5][: 1 + number % 2]]
)
def test_trials_with_some_of_the_fields(
    database: Database, measured: Callable[..., str], fields: Callable[[int], list[int]]
) -> None:
    material = material_of(database, measured(fields=fields))
    for draw in (course_figures.fields, course_figures.frames):
        ElementTree.fromstring(svg(draw(material)))


def test_two_objectives_have_a_front(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    text = text_of(database, measured(objectives=("bits_per_pixel", "speed")), tmp_path)
    assert "Objectives against each other" in text


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1.7e308, -1.7e308], ids=str)
def test_numbers_that_no_axis_can_hold_are_left_out_of_the_figures(
    database: Database, measured: Callable[..., str], tmp_path: Path, odd: float
) -> None:
    told = lambda number, x: odd if number in (1, 2) else 2 - 0.01 * (x - 3) ** 2  # noqa: E731
    several = measured(value=told, objectives=("bits_per_pixel", "cost"))
    for key in (measured(value=told), several, measured(value=lambda *_: odd)):
        text_of(database, key, tmp_path)
    assert set(material_of(database, several).importance) == {"stage.x_um", "stage.y_um"}


@pytest.mark.parametrize("odd", [math.nan, math.inf, 1.7e308, 11.0], ids=str)
def test_settings_outside_of_what_was_searched_spoil_no_page(
    database: Database, measured: Callable[..., str], tmp_path: Path, odd: float
) -> None:
    key = measured(
        value=lambda number, _: 1.0 + number % 7,
        place=lambda number, x: (-odd if number % 2 else odd) if number < 3 else x,
    )
    text_of(database, key, tmp_path)
    assert set(material_of(database, key).importance) == {"stage.x_um", "stage.y_um"}


def test_what_cannot_be_written_is_said(
    database: Database, measured: Callable[..., str], tmp_path: Path
) -> None:
    for path in (tmp_path, tmp_path / "no" / "report.html"):
        with pytest.raises(InputError, match="folder that exists"):
            write_report(database, measured(n=1), path)
    with pytest.raises(InputError, match="no session"):
        write_report(database, "ffffffff0000", tmp_path / "r.html")
