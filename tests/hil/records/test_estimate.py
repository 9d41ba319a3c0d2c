"""Which interval an assessment has."""

from __future__ import annotations

import math
import re
from pathlib import Path

from hil.records.estimate import SEVERITY, Assessment, Estimate, making_wrong

ESTIMATE = Estimate(1.0, 0.8, 1.2, 3.0, 2.0, "stationary", 96, 3, 0.01)


def test_bits_per_pixel_have_the_estimates_interval() -> None:
    assert Assessment(ESTIMATE, {"bits_per_pixel": 1.0}, {}).interval == (0.8, 1.2)


def test_another_objective_has_its_own_or_none() -> None:
    assert Assessment(ESTIMATE, {"bits_per_frame": 9.0}, {}, (8.0, 10.0)).interval == (8.0, 10.0)
    assert all(math.isnan(end) for end in Assessment(ESTIMATE, {"bits_per_mj": 9.0}, {}).interval)
    assert all(math.isnan(end) for end in Assessment(ESTIMATE, {}, {}).interval)


def test_the_manual_lists_every_flag_with_its_severity() -> None:
    page = Path(__file__).parents[3] / "docs" / "reading_the_number.md"
    rows = re.findall(r"(?m)^\| `(\w+)` \| (wrong|doubtful|note) \|", page.read_text("utf-8"))
    assert dict(rows) == {flag: str(severity) for flag, severity in SEVERITY.items()}


def test_only_wrong_numbers_keep_a_trial_from_winning() -> None:
    assert making_wrong(["saturated", "one_scene", "negative"]) == ("saturated",)
    assert making_wrong(["saturated", "noise_mismatch"], ["saturated"]) == ("noise_mismatch",)
    assert making_wrong(["of another version"]) == ("of another version",), "unknown is no licence"
