"""What tifffile says of damaged files."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.frames.tiff_log import complaints, unheard

LOG = logging.getLogger("tifffile")


def test_a_warning_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=r"a\.tif: is damaged, or not quite TIFF: tag 256"):
        with complaints(Path("a.tif")):
            LOG.warning("tag 256")
    assert capsys.readouterr().err == ""
    assert LOG.propagate


def test_what_is_for_people_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with complaints(Path("a.tif")):
        LOG.warning("failed to read display settings, raised x")
    with unheard():
        LOG.warning("tag 256")
    assert capsys.readouterr().err == ""
