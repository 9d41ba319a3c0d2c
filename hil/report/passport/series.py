"""What was measured of an instrument over time, at like settings: one series a quantity.

Values are only put in one series where they mean the same: information at the same settings, fields
of view, repeats and estimator; noise of the camera in the same mode.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from hil.errors import InputError, nearest
from hil.report.passport.change import Change, by_day, since, together, trend

if TYPE_CHECKING:
    import pandas as pd

    from hil.store import Database

Worse = Literal["lower", "higher", "either"]
_Group: TypeAlias = tuple[Mapping[str, Any], list[tuple[datetime, Any]]]
# Values as devices read them back differ a little from time to time.
_ALIKE = 0.02
_NOT_OF_THE_INSTRUMENT = ("replay", "import")


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement; NaN for an interval that is not known."""

    at: datetime
    value: float
    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity over time.

    Parameters
    ----------
    quantity, unit
        What it is.
    worse
        Which way is a loss.
    conditions
        What all points have in common, in words.
    points
        In order of time.
    """

    quantity: str
    unit: str
    worse: Worse
    conditions: str
    points: tuple[Point, ...]

    @property
    def days(self) -> int:
        """On how many days it was measured."""
        return len({point.at.date() for point in self.points})


@dataclass(frozen=True, slots=True)
class Judged:
    """A series, and whether it has changed."""

    series: Series
    change: Change

    @property
    def verdict(self) -> str:
        """Give it in a word or two."""
        if self.change.missing:
            return "too few days"
        if not self.change.significant:
            return "no change beyond chance"
        if self.series.worse == "either":
            return "changed"
        fell = self.change.value < 0
        return "worse" if fell == (self.series.worse == "lower") else "better"


def known_rig(database: Database, rig: str) -> str:
    """Give the name of a rig, or of the one in a rig file.

    Raises
    ------
    InputError
        The database knows no such rig, or the file cannot be read.
    """
    names = database.rig_names()
    if rig not in names and rig.lower().endswith(".toml"):
        from hil.spec import load_rig_file

        rig = load_rig_file(Path(rig)).spec.name
    if rig not in names:
        hint = nearest(rig, names) if names else "the database knows none"
        raise InputError("RIG", rig, f"not in this database, {hint}")
    return rig


def passport(database: Database, rig: str, when: date | None = None) -> list[Judged]:
    """Collect what is known of a rig, and judge each quantity.

    Parameters
    ----------
    when
        The days since are compared with those before; without it a trend over all.
    """
    found = [*_measured(database, rig), *_references(database, rig), *_calibrated(database, rig)]
    changes = [_change(series, when) for series in found]
    return [Judged(*pair) for pair in zip(found, together(changes), strict=True)]


def _change(series: Series, when: date | None) -> Change:
    points = series.points
    days, values = by_day([one.at for one in points], [one.value for one in points])
    return trend(days, values) if when is None else since(days, values, when)


def _measured(database: Database, rig: str) -> Iterator[Series]:
    """Tell information as ``hil measure`` found it, and how the noise compared with its model."""
    groups: list[_Group] = []
    for at, detail in database.measured(rig):
        how = {name: detail.get(name) for name in ("estimator", "n_fields", "repeats")}
        _put(groups, how | dict(detail.get("settings") or {}), (at, detail))
    for key, members in groups:
        told = [(at, detail["found"]) for at, detail in members]
        points = [
            Point(at, found["bits_per_pixel"], found["ci_low"], found["ci_high"], "hil measure")
            for at, found in told
        ]
        conditions = f"hil measure; {_words(key)}"
        yield Series("information", "bits per pixel", "lower", conditions, tuple(points))
        ratios = [
            Point(at, found["noise_variance_ratio"], math.nan, math.nan, "hil measure")
            for at, found in told
            if found.get("noise_variance_ratio") is not None
        ]
        if ratios:
            quantity = "noise variance over its model"
            yield Series(quantity, "", "higher", conditions, tuple(ratios))


def _references(database: Database, rig: str) -> Iterator[Series]:
    """Tell the first reference trial of each session: later ones may have bleached their sample."""
    where = [f"rig = {rig}", "kind = reference", "state = COMPLETE"]
    table = database.trials(where=where, sort="proposed_at")
    table = table[(table["rig"] == rig) & table["objective"].notna()].drop_duplicates("session_id")
    groups: list[_Group] = []
    for row in table.to_dict("records"):
        own = _reference_key(database, row)
        if own is not None:
            _put(groups, own, (row["proposed_at"].to_pydatetime(), row))
    for key, members in groups:
        points = [
            Point(
                at,
                row["objective"],
                row["ci_low"],
                row["ci_high"],
                f"session {row['session_id'][:8]}",
            )
            for at, row in members
        ]
        objective = str(key["objective"])
        told = {name: value for name, value in key.items() if name != "objective"}
        yield Series(
            "information of the reference", objective, "lower",
            f"first reference trial of a session; {_words(told)}", tuple(points),
        )  # fmt: skip


def _reference_key(database: Database, row: Mapping[Any, Any]) -> dict[str, Any] | None:
    record = database.session(row["session_id"])
    if record.extra.get("kind") in _NOT_OF_THE_INSTRUMENT:
        return None
    session, rig = _file(record.session_text), _file(record.rig_text)
    measure = session.get("measure", {})
    fields = measure.get("fields") or measure.get("grid")
    return {
        "objective": record.objectives[0],
        "estimator": record.estimator,
        "patch_size": session.get("estimator", {}).get("patch_size", 16),
        "repeats": measure.get("repeats", 1),
        "fields": json.dumps(fields, sort_keys=True),
        **rig.get("setup", {}),
        **session.get("fixed", {}),
        **row["requested"],
    }


def _file(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


_CALIBRATED: tuple[tuple[str, str, str, str, Worse], ...] = (
    ("read noise", "e", "read_noise_e", "read_noise_sd", "higher"),
    ("gain", "e/ADU", "gain_e_per_adu", "gain_sd", "either"),
    ("offset", "ADU", "offset_adu", "offset_sd", "either"),
)


def _calibrated(database: Database, rig: str) -> Iterator[Series]:
    """Tell the camera's numbers by photon transfer, mode by mode."""
    table = database.calibrations(rig).sort_values("created_at")
    groups: list[_Group] = []
    for row in table.to_dict("records"):
        mode = {"camera": row["camera"], **dict(row["tied"] or {})}
        _put(groups, mode, (row["created_at"].to_pydatetime(), row))
    for key, members in groups:
        for quantity, unit, name, sd, worse in _CALIBRATED:
            points = [
                _calibration_point(at, row, name, sd)
                for at, row in members
                if row[name] is not None and math.isfinite(row[name])
            ]
            if points:
                yield Series(quantity, unit, worse, f"hil calibrate; {_words(key)}", tuple(points))


def _calibration_point(at: datetime, row: Mapping[Any, Any], name: str, sd: str) -> Point:
    half = 1.96 * float(row[sd]) if row[sd] is not None else math.nan
    value, source = float(row[name]), f"calibration {row['calibration_id'][:8]}"
    return Point(at, value, value - half, value + half, source)


def _put(groups: list[_Group], key: Mapping[str, Any], member: tuple[datetime, Any]) -> None:
    for known, members in groups:
        if _alike(known, key):
            members.append(member)
            return
    groups.append((key, [member]))


def _alike(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return a.keys() == b.keys() and all(_same(a[name], b[name]) for name in a)


def _same(a: Any, b: Any) -> bool:
    numbers = [isinstance(one, int | float) and not isinstance(one, bool) for one in (a, b)]
    if all(numbers):
        return math.isclose(a, b, rel_tol=_ALIKE, abs_tol=1e-9)
    return bool(a == b)


def _words(key: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in key.items() if value != "null")


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table_of(judged: Sequence[Judged]) -> pd.DataFrame:
    """Give one row a measurement, for those who test otherwise."""
    import pandas as pd

    rows = [
        {
            "quantity": one.series.quantity,
            "unit": one.series.unit,
            "conditions": one.series.conditions,
            "at": point.at,
            "value": point.value,
            "low": point.low,
            "high": point.high,
            "source": point.source,
        }
        for one in judged
        for point in one.series.points
    ]
    columns = ["quantity", "unit", "conditions", "at", "value", "low", "high", "source"]
    return pd.DataFrame(rows, columns=columns)
