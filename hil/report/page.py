"""A session as one page of HTML that opens anywhere, offline, with all figures inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure

from hil.records.winner import Winner
from hil.report import course_figures, settings_figures
from hil.report.drawing import short
from hil.report.grey import thumbnails
from hil.report.material import Material, material_of
from hil.report.metrics_figure import metric_names, metrics
from hil.report.writing import cost, embedded, number, rendered, write_page

if TYPE_CHECKING:
    from hil.store import Database

_MOST_AS_GOOD = 10


# So many settings must have been moved for a figure of them to say anything.
NEEDS_SETTINGS: Mapping[Callable[[Material], Figure], int] = {
    settings_figures.slices: 1,
    settings_figures.importance: 2,
    settings_figures.pairs: 2,
    settings_figures.parallel: 2,
}


class _Section(NamedTuple):
    title: str
    draw: Callable[[Material], Figure]
    caption: str


_SECTIONS = (
    _Section(
        "Trial by trial",
        course_figures.history,
        "Each trial with its interval; the line is the best single value so far of trials that keep"
        " all constraints, which settings that are measured again may come to lie below. Drift is"
        " taken off where reference trials show one.",
    ),
    _Section("First and best frame", course_figures.frames, "One grey scale for all frames."),
    _Section(
        "Each setting",
        settings_figures.slices,
        "The settings that matter most first; later trials are darker, the best one is the orange"
        " dot, the line is what the setting alone does from there on, by a model of all trials.",
    ),
    _Section(
        "Which settings matter",
        settings_figures.importance,
        "How far the best tenth of the trials lies from all of them, setting by setting.",
    ),
    _Section(
        "The two settings that matter most", settings_figures.pairs, "The circle is the best trial."
    ),
    _Section(
        "All settings at once",
        settings_figures.parallel,
        "A line a trial, from the lowest to the highest value tried; the best one is orange.",
    ),
    _Section(
        "Fields of view",
        course_figures.fields,
        "What each field of view brought; white where a trial did not measure it.",
    ),
    _Section("Drift", course_figures.drift, "Reference trials, at the same settings each time."),
)
_METRICS = _Section(
    "Metrics beside information",
    metrics,
    "Each metric of the session file against information, trial by trial; the best trial is orange."
    " A rank correlation of 1 means that both put all trials in the same order.",
)
_FRONT = _Section(
    "Objectives against each other",
    settings_figures.pareto,
    "Trials on the front are numbered: none is better than they are in all objectives.",
)


def write_report(database: Database, session: str, path: Path) -> None:
    """Write the report of a session.

    Raises
    ------
    InputError
        There is no such session, or the file cannot be written.
    """
    write_page(path, lambda: page(material_of(database, session)))


def page(material: Material) -> str:
    """Write the page; all that comes from users and devices is escaped."""
    record, result = material.record, material.result
    return rendered(
        "page.html.jinja",
        {
            "title": f"{short(record.name, 120)} ({record.id[:8]})",
            "summary": _summary(material),
            "objective": result.objective,
            "best": _best(material),
            "no_best": _no_best(material),
            "barred": _barred(material),
            "as_good": list(_as_good(material)),
            "as_good_said": _as_good_said(material),
            "searched": material.searched,
            "asked": list(_asked(material)),
            "figures": list(_figures(material)),
            "happened": result.happened,
            "flags": sorted(result.flags.items(), key=lambda item: -item[1]),
            "refused": sorted(result.refused.items(), key=lambda item: -item[1]),
            "cost": list(cost(material)),
            "versions": list(_versions(material)),
            "session_text": record.session_text,
            "rig_text": record.rig_text,
        },
    )


def _summary(material: Material) -> str:
    result = material.result
    ended = f"{result.state}: {result.reason}" if result.reason else str(result.state)
    told = f"{ended}. {result.n_complete} of {result.n_trials} trials are complete."
    return f"{told} Sampler {result.sampler}." if result.sampler else told


def _best(material: Material) -> Mapping[str, Any] | None:
    best = material.result.winner or material.result.best
    if best is None:
        return None
    settings = material.settings(best.number) or dict(material.result.best_settings)
    return {
        "number": best.number,
        "value": number(best.objective),
        "low": number(best.ci_low),
        "high": number(best.ci_high),
        "n_measured": best.n_measured,
        "sure": _sure(material.result.winner),
        "settings": [(name, number(value)) for name, value in settings.items()],
    }


def _sure(winner: Winner | None) -> str:
    if winner is None:
        return ""
    return (
        f"The best of {winner.n_compared} leaders with probability {winner.probability:.2f},"
        " by frames taken after they were chosen."
    )


def _no_best(material: Material) -> str:
    if not material.result.n_complete:
        return "Nothing yet: no trial is complete."
    return "None: every complete trial breaks a constraint."


def _barred(material: Material) -> str:
    """Say how many trials cannot win for their flags; empty where none."""
    result = material.result
    if not result.n_barred:
        return ""
    return (
        f"Of {result.n_complete} complete trials {result.n_barred} cannot win: their flags say that"
        " the number is wrong. docs/reading_the_number.md says of each flag what to mend;"
        " [constraints] allow_flags of the session file lets them win as they are."
    )


def _as_good(material: Material) -> Iterator[tuple[str, list[str]]]:
    """Give a picture of the first frame and the cells of each, at the best trial's grey scale."""
    best = material.result.best
    if best is None:
        return
    others = [one for one in material.as_good[:_MOST_AS_GOOD] if one.number != best.number]
    _, *pictures = thumbnails(material, [best.number, *(one.number for one in others)])
    for one, picture in zip(others, pictures, strict=True):
        settings = material.settings(one.number)
        values = [number(settings.get(name)) for name in material.searched]
        yield picture, [str(one.number), number(one.objective), *values]


def _as_good_said(material: Material) -> str:
    others = len(material.as_good) - 1
    if others < 1:
        return "No other settings are as good within its interval."
    shown = " The best of them:" if others >= _MOST_AS_GOOD else ""
    if others == 1:
        return "As good within its interval is one other trial."
    return f"As good within its interval are {others} other settings.{shown}"


def _asked(material: Material) -> Iterator[tuple[str, str]]:
    record = material.record
    yield "name", record.name
    yield "rig", record.rig
    yield "objectives", ", ".join(record.objectives)
    searched = any(row.distributions for row in material.rows)
    yield f"settings {'searched' if searched else 'moved'}", ", ".join(material.searched) or "none"
    yield "trials asked for", str(record.n_trials)
    yield "estimator", record.estimator
    yield "seed", str(record.seed)
    yield "began", f"{record.created_at:%Y-%m-%d %H:%M:%S} UTC"
    ended = record.finished_at
    yield "ended", f"{ended:%Y-%m-%d %H:%M:%S} UTC" if ended else "not yet"
    if record.tags:
        yield "tags", ", ".join(record.tags)
    if record.note:
        yield "note", record.note


def _figures(material: Material) -> Iterator[dict[str, str]]:
    sections = list(_SECTIONS)
    if len(material.record.objectives) > 1:
        sections.insert(1, _FRONT)
    if metric_names(material):
        sections.append(_METRICS)
    n_moved = len(material.searched)
    for section in sections:
        if n_moved < NEEDS_SETTINGS.get(section.draw, 0):
            continue
        yield embedded(section.title, section.caption, section.draw(material))


def _versions(material: Material) -> Iterator[tuple[str, str]]:
    record = material.record
    yield "calibration", record.calibration_id or "none: the rig file states the noise"
    for part, said in record.extra.get("manifest", {"versions": record.versions}).items():
        yield str(part), _said(said)


def _said(said: Any) -> str:
    if isinstance(said, Mapping):
        return ", ".join(f"{key} {_said(value)}" for key, value in said.items()) or "-"
    if isinstance(said, list):
        return ", ".join(map(str, said)) or "-"
    return str(said)
