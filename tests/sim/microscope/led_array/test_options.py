"""What the rig file may not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pydantic
import pytest

from sim.microscope.rig import KIND
from tests.sim.microscope.led_array.opened import DRY


class Refused(NamedTuple):
    options: dict[str, Any]
    words: str


REFUSED = [
    Refused({"scene": "fibres"}, "one of mixed, adherent"),
    Refused({"background": 0.5}, 'background belongs to contrast = "fluorescence"'),
    Refused({"contrast": "fluorescence"}, 'led_na belongs to contrast = "phase"'),
    Refused({"contrast": "darkfield"}, "'fluorescence' or 'phase'"),
    Refused({"led_points": 33}, "an even number"),
    Refused(
        {"sample_index": 1.0, "numerical_aperture": 1.1, "refractive_index": 1.3}, "below sample"
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.words)
def test_options_that_make_no_sense_are_refused(case: Refused) -> None:
    with pytest.raises(pydantic.ValidationError, match=case.words):
        KIND.options(DRY | case.options, Path.cwd())
