"""Numbers and short words of a file's metadata are settings; nothing else is."""

from __future__ import annotations

import pytest

from hil.frames.setting_value import setting_value


@pytest.mark.parametrize(
    ("value", "setting"),
    [
        ("2.5", 2.5),
        (3, 3.0),
        ("DAPI", "DAPI"),
        ("", None),
        (None, None),
        (True, None),
        ("nan", None),
        (float("inf"), None),
        ("x" * 81, None),
        ([1.0], None),
    ],
)
def test_what_may_be_a_setting(value: object, setting: float | str | None) -> None:
    assert setting_value(value) == setting
