"""Where a session starts, and what its fields and blanks move."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError, RigError
from tests.hil.session_bench import run_files as run
from tests.hil.small_session import RIG, SESSION


def with_blank(blank: str, objective: str = "minus_blank = true") -> str:
    text = SESSION.replace("repeats = 2", f"repeats = 2\nblank = {blank}")
    return f'{text}\n[objective]\nmaximize = "bits_per_pixel"\n{objective}\n'


def test_a_blank_that_moves_what_is_searched_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"focus\.z_um is also searched"):
        run(tmp_path, RIG, with_blank('{ set = { "focus.z_um" = 5.0 } }'))


@pytest.mark.parametrize("fault", ["read_nan", "read_text"])
@pytest.mark.parametrize("setting", ["stage.x_um", "focus.z_um"])
def test_a_device_that_does_not_say_where_it_is_is_not_the_files_fault(
    fault: str, setting: str, tmp_path: Path
) -> None:
    wrapped = RIG.replace("[noise]", f'[[driver.fault]]\nfault = "{fault}"\nrate = 1.0\n[noise]')
    wrapped = wrapped.replace("rate = 1.0", f'rate = 1.0\nsetting = "{setting}"')
    simulated = 'kind = "faulty"\naround = { kind = "sim.microscope", seed = 1, height_px = 64,'
    simulated += " width_px = 64, scene_um = 60 }"
    a, b = wrapped.index('kind = "sim.microscope"'), wrapped.index("[[driver.fault]]")
    wrapped = f"{wrapped[:a]}{simulated}\n\n{wrapped[b:]}"
    with pytest.raises(RigError, match=rf"{setting}.* number"):
        run(tmp_path, wrapped, SESSION)
