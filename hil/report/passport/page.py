"""An instrument's passport as a page, as a figure, and as a table of words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hil.errors import InputError
from hil.report.drawing import FORMATS, save
from hil.report.passport.figure import draw
from hil.report.passport.series import Judged
from hil.report.writing import embedded, rendered, write_page

HEADS = ("quantity", "days", "change", "95 % interval", "p", "verdict")


def write_passport(judged: Sequence[Judged], rig: str, when: date | None, path: Path) -> None:
    """Write it, as the file's ending says.

    Raises
    ------
    InputError
        Another ending than .html, .png, .svg and .pdf, or the file cannot be written.
    """
    if path.suffix.lower() == ".html":
        write_page(path, lambda: page(judged, rig, when))
    elif path.suffix.lower().removeprefix(".") in FORMATS:
        save(draw(judged, when), path)
    else:
        raise InputError("-o", str(path), "allowed: a name that ends in .html, .png, .svg or .pdf")


def page(judged: Sequence[Judged], rig: str, when: date | None) -> str:
    """Write the page; all that comes from users and devices is escaped."""
    caption = (
        "Each measurement with its own interval; the line is Theil and Sen's."
        if when is None
        else f"Each measurement with its own interval; means of the days before and since {when}."
    )
    return rendered(
        "passport.html.jinja",
        {
            "title": f"Passport of {rig}",
            "question": asked(when),
            "summary": summary(judged),
            "heads": HEADS,
            "rows": list(zip(rows(judged), (one.series.conditions for one in judged), strict=True)),
            "figure": embedded("Over time", caption, draw(judged, when)),
            "points": [
                (one.series.quantity, one.series.unit, point.at.strftime("%Y-%m-%d %H:%M"),
                 f"{point.value:.6g}", point.source)
                for one in judged for point in one.series.points
            ],
        },
    )  # fmt: skip


def asked(when: date | None) -> str:
    """Say what was tested, in words."""
    if when is None:
        return (
            "Is there a trend over all days? By Kendall's tau, at 5 % for all quantities together."
        )
    return (
        f"Are the days since {when} other than those before? By Welch's t, at 5 % for all together."
    )


def summary(judged: Sequence[Judged]) -> str:
    """Answer the question in a line."""
    if not judged:
        return "Nothing is known: neither hil measure nor hil calibrate nor a reference trial."
    found = {
        verdict: [one.series.quantity for one in judged if one.verdict == verdict]
        for verdict in ("worse", "changed", "better")
    }
    said = [
        f"{verdict}: {', '.join(dict.fromkeys(names))}" for verdict, names in found.items() if names
    ]
    if said:
        return f"{'; '.join(said)}."
    if all(one.change.missing for one in judged):
        return f"It cannot be told: {judged[0].change.missing}."
    return "No change beyond chance."


def rows(judged: Sequence[Judged]) -> list[tuple[str, ...]]:
    """Give one row a quantity, under `HEADS`."""
    return [
        (
            f"{one.series.quantity}, {one.series.unit}" if one.series.unit else one.series.quantity,
            " + ".join(map(str, one.change.days)),
            "" if one.change.value != one.change.value else f"{one.change.value:+.4g}",
            ""
            if one.change.p != one.change.p
            else f"{one.change.low:+.4g} to {one.change.high:+.4g}",
            "" if one.change.p != one.change.p else f"{one.change.p:.2g}",
            one.verdict if not one.change.missing else f"{one.verdict}: {one.change.missing}",
        )
        for one in judged
    ]
