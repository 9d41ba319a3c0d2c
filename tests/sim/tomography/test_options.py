"""What the rig file may say."""

from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from drivers.errors import ConfigError
from sim.tomography import KIND


def test_bad_options_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        KIND.options({"scene": "nowhere.npy"}, tmp_path)
    with pytest.raises(pydantic.ValidationError, match="one of ellipses"):
        KIND.options({"scene": "stars"}, tmp_path)
    monkeypatch.setattr("sim.tomography.scenes.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install pydicom"):
        KIND.options({"scene": "slice"}, tmp_path)
