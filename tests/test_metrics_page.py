"""What docs/metrics.md says is so: its tables are read, its function runs, its kinds are all there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from hil.metrics.registry import BUILT_IN, metrics_of
from hil.noise import PoissonNoise
from hil.spec import load_session_file
from tests.hil.small_session import RIG, SESSION

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_its_tables_are_a_session_s(tmp_path: Path) -> None:
    asked, goes_by, _ = blocks("toml")
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION + asked + goes_by, encoding="utf-8")
    found = metrics_of(load_session_file(tmp_path / "session.toml"))
    assert [one.name for one in found] == ["brenner", "snr", "coarse"]


def test_it_lists_every_kind() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, flags=re.MULTILINE)) == set(BUILT_IN)


def test_its_function_runs_and_is_the_example_s() -> None:
    (source,) = blocks("python")
    names: dict[str, Any] = {}
    exec(source, names)
    frames = np.array([[[[0, 2000]]], [[[2000, 2000]]]], dtype=np.uint16)
    assert list(names["bright_share"](frames, PoissonNoise(), {})) == [0.5, 1.0]
    example = (ROOT / "examples" / "plugin" / "acme_hil" / "metrics.py").read_text(encoding="utf-8")
    assert source.split('"""')[-1].strip() == example.split('"""')[-1].strip()
