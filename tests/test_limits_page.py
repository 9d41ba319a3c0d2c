"""The example of docs/limits.md is run as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_example_runs_and_says_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(toml|python)\n(.*?)```", page, flags=re.DOTALL))
    (tmp_path / "rig.toml").write_text(blocks["toml"], encoding="utf-8")
    (tmp_path / "example.py").write_text(blocks["python"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("actuator 0" in line and "at most 120" in line for line in lines), lines
