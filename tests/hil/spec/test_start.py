"""``[start]``: a word or a table."""

from __future__ import annotations

import pytest

from hil.spec import Start
from hil.spec.start import as_table


def test_a_word_is_short_for_a_table() -> None:
    assert Start.model_validate(as_table("none")).first == "none"
    assert as_table({"from": ["a"]}) == {"from": ["a"]}
    with pytest.raises(ValueError, match="'nowhere', allowed: 'present', 'none', or a table"):
        as_table("nowhere")


def test_it_is_written_as_it_is_read() -> None:
    start = Start.model_validate({"from": ["ab12"], "presets": ["GFP"]})
    text = start.model_dump_json(exclude_unset=True)
    assert text == '{"from":["ab12"],"presets":["GFP"]}'
    assert Start.model_validate_json(text) == start
