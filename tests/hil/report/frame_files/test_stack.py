"""What is known of a trial's frames beside their pixels."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.report.frame_files.stack import trial_stack
from hil.session.run import run_session
from hil.store import open_database
from tests.hil.small_session import RIG, SESSION

OPTICS = "\n[optics]\npixel_size_um = 0.25\n"
BINNED = [
    ("as found", "", "", 0.25),
    ("by the rig's setup", '"camera.binning" = 2', "", 0.5),
    ("fixed by the session", '"camera.binning" = 2', '\n[fixed]\n"camera.binning" = 4\n', 1.0),
]


@pytest.mark.parametrize(("what", "setup", "fixed", "size_um"), BINNED)
def test_a_pixel_is_as_large_as_its_binning_makes_it(
    tmp_path: Path, what: str, setup: str, fixed: str, size_um: float
) -> None:
    rig = RIG.replace("[setup]\n", f"[setup]\n{setup}\n") + OPTICS
    (tmp_path / "rig.toml").write_text(rig, encoding="utf-8")
    session = tmp_path / "session.toml"
    session.write_text(SESSION + fixed, encoding="utf-8")
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    run_session(session, url, trials=1)
    with open_database(url) as database:
        stack = trial_stack(database, "last", 0)
        assert np.array_equal(stack.pixels, database.frames("last", 0))
        with pytest.raises(InputError):
            trial_stack(database, "last", 1)
    assert stack.pixel_size_um == size_um
    assert stack.fields == (0, 1, 2, 3)
    assert stack.about["settings"]["mirror.z5_nm"] == pytest.approx(0)
    assert stack.exposure_ms > 0
    assert not math.isnan(stack.saturation_adu)
