"""Frames as small pictures: means of blocks, one grey scale, none where none were kept."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest

from hil.ranking.leaders import ranked
from hil.report.grey import in_blocks, thumbnails
from hil.report.material import material_of
from hil.report.page import page
from hil.store import Database


def test_large_frames_become_small() -> None:
    frame = np.arange(1200 * 700, dtype=np.uint16).reshape(1200, 700)
    small = in_blocks(frame)
    assert small.shape == (400, 233)
    assert small[1, 2] == frame[3:6, 6:9].mean()
    np.testing.assert_array_equal(in_blocks(frame[:5, :7]), frame[:5, :7])
    assert in_blocks(np.zeros((2, 2000), np.uint8)).shape == (2, 2000)


def test_trials_that_are_as_good_have_a_picture(
    database: Database, measured: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.report.writing.svg", lambda _: "<svg/>")
    material = material_of(database, measured(n=6))
    best, *rest = ranked(material.rows)
    vars(material)["as_good"] = [best, *rest[:2]]
    others = [one.number for one in rest[:2]]
    text = page(material)
    for number in others:
        found = re.search(
            f'src="data:image/png;base64,([^"]+)" alt="First frame of trial {number}"', text
        )
        assert found is not None
        drawn = imagecodecs.png_decode(b64decode(found[1]))
        assert drawn.shape == database.frames(material.record.id, number).shape[-2:]


def test_one_grey_scale_and_nothing_where_nothing_was_kept(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(n=5))
    missing, one, other = thumbnails(material, [4, 0, 1])  # the fifth failed
    assert missing == "" and one.startswith("data:image/png") and one != other
    (alone,) = thumbnails(material, [1])
    assert alone != other, "at its own scale"
