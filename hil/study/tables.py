"""What a study found, in words and rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from hil.records.estimate import making_wrong
from hil.study.audit import Audit
from hil.study.cell import TARGET
from hil.study.domain import Domain
from hil.study.labels import LabelCurve
from hil.study.prediction import Prediction, TaskResult

Row = tuple[str, str, str, str]
HEAD: Row = ("predictor", "Spearman", "95 % interval", "Kendall")


def rows_of(found: TaskResult) -> list[Row]:
    """One row a predictor, the best first; what ranks all settings alike is one row."""
    by_ranks: dict[tuple[float, float, float, float], list[str]] = {}
    for name, one in found.ranking.agreement.items():
        key = (one.spearman, one.kendall, one.low, one.high)
        by_ranks.setdefault(key, []).append(name)
    ordered = sorted(by_ranks.items(), key=lambda item: -item[0][0])
    return [
        (", ".join(names), f"{rho:.2f}", f"{low:.2f} to {high:.2f}", f"{tau:.2f}")
        for (rho, tau, low, high), names in ordered
    ]


def verdicts(domain: Domain, prediction: Prediction) -> Iterator[str]:
    """Say for each task what holds."""
    for name, found in prediction.tasks.items():
        ranking = found.ranking
        mean = found.scores.mean(axis=0)
        yield (
            f"{name}: {mean.min():.2f} to {mean.max():.2f} {found.unit}; noise of the task leaves"
            f" any predictor {_number(ranking.ceiling)} at most"
        )
        yield _against(domain.best_form, ranking.best_metric, ranking.difference)
        yield _against(TARGET, ranking.best_metric, ranking.about_target)
        if found.flags:
            yield _flagged(domain.best_form, found, mean.size)


def label_rows(curves: Sequence[LabelCurve]) -> Iterator[str]:
    """Say what decoders reach with how many labels, and how many the best design saves."""
    for one in curves:
        each = (f"{n}: {bits:.2f}" for n, bits in zip(one.scenes, one.bits, strict=True))
        yield f"{one.chosen_by}: bits by labelled scenes  {',  '.join(each)}"
    if len(curves) > 1:
        best = curves[0]
        for other in curves[1:]:
            needed, most = best.scenes_for(other.bits[-1]), other.scenes[-1]
            share = "never" if math.isnan(needed) else f"{needed:.0f} of {most} scenes"
            yield f"  {best.chosen_by} reaches what {other.chosen_by} ends at with: {share}"


def audit_rows(domain: Domain, found: Audit) -> Iterator[str]:
    """Say how auditors rank the settings that they were asked at."""
    n = len(found.numbers)
    if found.refused:
        yield f"audit: pixelcnn refused: {found.refused}"
    else:
        yield (
            f"audit: pixelcnn's {domain.best_form} rank {n} settings as the study's do:"
            f" {found.agreement:.2f}"
        )
    for name, one in found.tasks.items():
        gain = sum(one.scores) / n - sum(one.decoders) / n
        yield (
            f"audit: {name} by a U-Net, {gain:+.2f} on the decoders on average: ranks as theirs"
            f" {one.agreement:.2f}, with {domain.best_form} {one.by_information:.2f}"
        )


def _against(name: str, metric: str, difference: tuple[float, float, float]) -> str:
    point, low, high = difference
    if low > 0:
        word = "better than"
    elif high < 0:
        word = "worse than"
    else:
        word = "not told apart from"
    return f"  {name} is {word} {metric}: {point:+.2f} ({low:+.2f} to {high:+.2f})"


def _flagged(form: str, found: TaskResult, n: int) -> str:
    each = ", ".join(f"{flag} at {len(where)}" for flag, where in found.flags.items())
    barring = making_wrong(found.flags)
    line = f"  of {n} settings, {form} are flagged {each}"
    if not barring:
        return line
    left = n - len({number for flag in barring for number in found.flags[flag]})
    rho = "too few" if math.isnan(found.unbarred) else f"they rank at {found.unbarred:.2f}"
    return f"{line}; at the {left} that a session would not bar: {rho}"


def _number(value: float) -> str:
    return "an unknown bound" if math.isnan(value) else f"{value:.2f}"
