"""What sampler `model` did in a session, in a line; from its rows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from hil.records.trial import MODEL, TrialRow

_ENDS = "auto"


def sampler_told(layout: Mapping[str, Any], rows: Sequence[TrialRow]) -> str:
    """Say which model proposed how many trials, and since when and why `auto` has.

    Parameters
    ----------
    layout
        What the session began with, as it is stored.

    Returns
    -------
    str
        Empty for other samplers.
    """
    model = layout.get("known", {}).get("model")
    if not model:
        return ""
    steps = {row.number: row.sampler_attrs[MODEL] for row in rows if MODEL in row.sampler_attrs}
    own = [one["step"] for one in steps.values() if one["step"] != _ENDS]
    corrections = own.count("correction")
    name = PurePath(model["path"].replace("\\", "/")).name
    told = f"model {name}: {len(own)} trials, {corrections} of them corrections"
    ends = next((number for number, one in steps.items() if one["step"] == _ENDS), None)
    if ends is not None:
        told += f"; auto since trial {ends}: {steps[ends]['why']}"
    return told
