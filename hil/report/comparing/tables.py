"""Sessions side by side: what won, at which settings, and in what they differ."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hil.records.trial import Best
from hil.records.winner import Winner
from hil.report.material import Material
from hil.report.writing import cost, number

Row = tuple[str, list[str]]
Won = Winner | Best

# What an estimate's number depends on beside the instrument.
_ESTIMATE = ("estimator.", "objective.")
_NOT_ASKED = ("name", "note", "tags", "rig")


def won(material: Material) -> Won | None:
    """Give what a session names as its best: with fresh frames where there were any."""
    return material.result.winner or material.result.best


def difference(a: Won, b: Won) -> tuple[float, float, float]:
    """Subtract a from b, with an interval: low, value, high.

    The two are independent, each with an interval that need not be even: recovered from their
    half-widths (Zou and Donner, Statistics in Medicine 27, 1693, 2008, equation 3).
    """
    value = b.objective - a.objective
    below = math.hypot(b.objective - b.ci_low, a.ci_high - a.objective)
    above = math.hypot(b.ci_high - b.objective, a.objective - a.ci_low)
    return value - below, value, value + above


def winners(sessions: Sequence[Material]) -> Iterator[Row]:
    """Say what won in each session, and how far it is below the best of all."""
    best = [won(one) for one in sessions]
    yield "trial", ["none" if one is None else str(one.number) for one in best]
    yield "objective", [one.result.objective for one in sessions]
    yield "value", ["" if one is None else f"{one.objective:.4g}" for one in best]
    yield "interval", ["" if one is None else _span(one.ci_low, one.ci_high) for one in best]
    yield "how sure", [_sure(one) for one in sessions]
    yield "less than the best of all", _behind(sessions, best)


def _behind(sessions: Sequence[Material], best: Sequence[Won | None]) -> list[str]:
    found = []
    for material, mine in zip(sessions, best, strict=True):
        rivals = [
            theirs
            for other, theirs in zip(sessions, best, strict=True)
            if theirs is not None and other.result.objective == material.result.objective
        ]
        if mine is None or len(rivals) < 2:
            found.append("")
            continue
        most = max(rivals, key=lambda one: one.objective)
        if most is mine:
            found.append("the best")
            continue
        low, value, high = difference(mine, most)
        said = "" if low > 0 else ", within chance"
        found.append(f"{value:.4g} ({_span(low, high)}){said}")
    return found


def _sure(material: Material) -> str:
    winner = material.result.winner
    if winner is not None:
        return f"best of {winner.n_compared} leaders with probability {winner.probability:.2f}"
    best = material.result.best
    if best is None:
        return ""
    return "not measured again" if best.n_measured < 2 else f"mean of {best.n_measured} trials"


def _span(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}"


def settings(sessions: Sequence[Material]) -> Iterator[Row]:
    """List settings of the best trials, those that somebody searched first."""
    best = [won(one) for one in sessions]
    found = [
        {} if mine is None else dict(one.settings(mine.number))
        for one, mine in zip(sessions, best, strict=True)
    ]
    searched = [set(one.searched) for one in sessions]
    names = list(dict.fromkeys(name for one in found for name in one))
    names.sort(key=lambda name: not any(name in one for one in searched))
    for name in names:
        yield (
            name,
            [
                number(one[name]) + (" *" if name in looked else "") if name in one else ""
                for one, looked in zip(found, searched, strict=True)
            ],
        )


def costs(sessions: Sequence[Material]) -> Iterator[Row]:
    """Say what each session cost."""
    yield from _table([dict(cost(one)) for one in sessions])


def asked(sessions: Sequence[Material]) -> Iterator[Row]:
    """Say what each session was."""
    yield from _table([dict(_about(one)) for one in sessions])


def _about(material: Material) -> Iterator[tuple[str, str]]:
    record, result = material.record, material.result
    yield "rig", record.rig
    yield "ended", str(result.state)
    yield "complete", f"{result.n_complete} of {result.n_trials} trials"
    yield "estimator", record.estimator
    yield "calibration", (record.calibration_id or "none")[:8]
    yield "began", f"{record.created_at:%Y-%m-%d %H:%M} UTC"
    yield "drift taken off", "yes" if result.drift and result.drift.significant else "no"


def _table(columns: Sequence[Mapping[str, str]]) -> Iterator[Row]:
    for name in dict.fromkeys(name for column in columns for name in column):
        yield name, [column.get(name, "") for column in columns]


def differ(sessions: Sequence[Material]) -> Iterator[Row]:
    """Keys of the session and rig files that are not the same in all."""
    for what in ("session", "rig"):
        files = [_flat(_file(one, what)) for one in sessions]
        for key in dict.fromkeys(key for file in files for key in file):
            values = [file.get(key) for file in files]
            if key in _NOT_ASKED or all(value == values[0] for value in values[1:]):
                continue
            yield f"{what}: {key}", ["" if value is None else _shown(value) for value in values]


def warnings(sessions: Sequence[Material]) -> Iterator[str]:
    """Why numbers of these sessions do not mean the same."""
    if len({one.result.objective for one in sessions}) > 1:
        yield "the sessions maximise different objectives"
    if len({one.record.estimator for one in sessions}) > 1:
        yield "they were estimated by different estimators, whose slack differs"
    for name, values in differ(sessions):
        key = name.removeprefix("session: ")
        if key.startswith(_ESTIMATE) and key not in ("estimator.kind", "objective.maximize"):
            yield f"{key} differs: {', '.join(value or 'not given' for value in values)}"
    if len({one.record.rig for one in sessions}) > 1:
        yield "they ran on different rigs, so that fields of view may not be the same"


def _file(material: Material, what: str) -> Mapping[str, Any]:
    text = material.record.session_text if what == "session" else material.record.rig_text
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # written from Python, as JSON
        return {}


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Name each value by all keys that lead to it; a search axis by its setting."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}.")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for place, one in enumerate(value):
                found |= _flat(one, f"{before}{key}.{one.get('setting', place)}.")
        else:
            found[f"{before}{key}"] = value
    return found


def _shown(value: Any) -> str:
    said = " ".join(str(value).split())
    return said if len(said) <= 60 else f"{said[:59]}…"
