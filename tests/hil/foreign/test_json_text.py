"""Whatever stands in a file of JSON, reading it raises ValueError or gives what stands there."""

from __future__ import annotations

import pytest

from hil.foreign.json_text import read_json


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"a":' * 50_000,
        "[" * 900 + "]" * 900 + "x",
        '"\\ud800"',
        '{"\\udfff": 1}',
        "9" * 5000,
        b"\xff\xfe\xfa",
        b'"\xc3"',
    ],
    ids=lambda text: repr(text[:9]),
)
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_json(text)


def test_what_is_json_comes_as_it_is() -> None:
    assert read_json('{"a": [1, 2.5, null, "ü\\u00fc\\ud83d\\ude00"]}') == {
        "a": [1, 2.5, None, "üü😀"]
    }
