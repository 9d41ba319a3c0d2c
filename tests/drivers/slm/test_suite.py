"""Makers' classes of slmsuite as they are called, by a double; slmsuite's simulated one as it is."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.errors import ConfigError, DeviceFault
from drivers.slm import suite
from drivers.slm.kind import KIND
from tests.drivers.slm.panels import PANEL, write_table

CLASSES = {
    "santec": ("santec", "Santec", {"slm_number": 2}),
    "meadowlark": ("meadowlark", "Meadowlark", {"lut_path": "a.blt"}),
    "holoeye": ("holoeye", "Holoeye", {"preselect": "index:0"}),
    "hamamatsu": ("hamamatsu", "Hamamatsu", {"serial_number": "LSH1"}),
    "screen": ("screenmirrored", "ScreenMirrored", {"display_number": 1}),
}


class Double:
    """Keeps the calls; answers as slmsuite's `SLM` does."""

    made: list[Double]

    def __init__(self, **said: Any) -> None:
        self.said, self.closed, self.fails = said, False, False
        self.shape, self.bitdepth, self.dtype = (80, 96), 8, np.dtype(np.uint8)
        self.display = np.zeros(self.shape, np.uint8)
        self.made.append(self)

    def set_phase(self, frame: np.ndarray, *, settle: bool) -> None:
        if self.fails:
            raise RuntimeError("SDK error -7")
        assert frame.dtype == self.dtype and settle is False
        np.copyto(self.display, frame)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("name", CLASSES)
def test_makers_classes_are_called_as_they_are_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, attribute, said = CLASSES[name]
    Double.made = []
    fake = types.SimpleNamespace(**{attribute: Double})
    monkeypatch.setattr(suite, "import_slmsuite", {f"slms.{module}": fake}.__getitem__)
    write_table(tmp_path)
    options = KIND.options({**PANEL, "modulator": {"kind": name, **said}}, tmp_path)
    assert len(KIND.resources(options)) == 1
    connection = KIND.open(options)
    (slm,) = Double.made
    assert slm.said.items() >= {**said, "wav_um": 0.633}.items()
    known = parameters(module, attribute)
    assert set(slm.said) <= known, "slmsuite's class takes these"
    device = connection.devices["slm"]
    before = slm.display.copy()
    device.start({"slm.z4_nm": 60.0})
    assert not np.array_equal(before, slm.display)
    slm.fails = True
    with pytest.raises(DeviceFault, match="SDK error -7"):
        device.start({"slm.z4_nm": 0.0})
    connection.close()
    assert slm.closed


def parameters(module: str, name: str) -> set[str]:
    """Names that a class of slmsuite takes, from its source: makers' libraries are not here."""
    import ast
    import importlib.util

    spec = importlib.util.find_spec("slmsuite")
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent / "hardware" / "slms" / f"{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    of_class = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    init = next(n for n in of_class.body if getattr(n, "name", "") == "__init__")
    assert isinstance(init, ast.FunctionDef)
    return {a.arg for a in (*init.args.args, *init.args.kwonlyargs)}


def test_without_slmsuite_one_line_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(tmp_path)
    monkeypatch.setitem(sys.modules, "slmsuite", None)
    with pytest.raises(ConfigError, match=r'needs slmsuite: .*"hil-imaging\[slm\]"'):
        KIND.options({**PANEL, "modulator": {"kind": "santec"}}, tmp_path)
    KIND.options({**PANEL, "modulator": {"kind": "memory"}}, tmp_path)
