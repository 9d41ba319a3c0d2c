from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hil.errors import InputError
from hil.replay.twinned.rig_file import with_options
from hil.spec import load_rig_file

TEXT = """\
# mine
name = "mine"   # a name
camera = "camera"

[[driver]]
scene = "mixed"        # a word with ] and # in it: "]#"
aberration_nm = [
  1.0, 2.0,  # first
  3.0, 4.0, 5.0, 6.0, 7.0, 8.0,
]
kind = "sim.microscope"

[setup]
scene = 1.0
"""


def test_the_text_stays_but_for_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(TEXT.replace("scene = 1.0", '"light.power_mw" = 1.0'), encoding="utf-8")
    options = {"scene": 'a "b".npy', "aberration_nm": [1e-9, -2.5]}
    text = with_options(load_rig_file(path), "twin", options, ("scene_um",), "# head\n")
    table = tomllib.loads(text)
    assert text.startswith("# head\n# mine\n")
    assert table["driver"] == [{"kind": "sim.microscope", **options}]
    assert table["name"] == "twin"
    assert table["setup"] == {"light.power_mw": 1.0}


def test_a_table_on_one_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(
        'name = "a"\ncamera = "camera"\ndriver = [{ kind = "sim.microscope", seed = 2 }]\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="one key a line"):
        with_options(load_rig_file(path), "twin", {"seed": 3}, (), "")
