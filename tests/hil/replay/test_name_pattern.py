from __future__ import annotations

from pathlib import Path

import pytest

from hil.errors import InputError
from hil.replay.name_pattern import table_of_names

NAMES = [
    ("z{focus.z_um}.tif", "z-1.5.tif", {"focus.z_um": -1.5}),
    ("z{focus.z_um}", "z3.tif", {"focus.z_um": 3}),
    ("{wheel.label}_{cam.exposure_ms}ms", "DAPI_1e2ms.tif", {"wheel.label": "DAPI", "cam.exposure_ms": 100.0}),
    ("*_z{f.z_um}_*", "run_7_z2_a.npy", {"f.z_um": 2}),
    ("a.b_{x.y}", "a.b_1.tif", {"x.y": 1}),
    ("v{a.v}(x)+{b.w}", "v1(x)+2.tif", {"a.v": 1, "b.w": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "name", "settings"), NAMES)
def test_values_stand_where_the_pattern_says(
    pattern: str, name: str, settings: dict[str, object]
) -> None:
    assert table_of_names(pattern, [Path(name)]).rows == (settings,)


WRONG = [
    ("z.tif", ["z.tif"], "names no setting"),
    ("z{z}.tif", ["z1.tif"], r"\{z\} is no setting"),
    ("{a.b}{a.b}", ["12.tif"], "stands there twice"),
    ("z{a.b}.tif", ["z1.tif", "y2.tif"], "y2.tif has another name"),
    ("z{a.b}", ["z1.tif", "zx.tif"], "a.b has words and numbers"),
]


@pytest.mark.parametrize(("pattern", "names", "told"), WRONG)
def test_other_names_are_refused(pattern: str, names: list[str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        table_of_names(pattern, [Path(name) for name in names])
