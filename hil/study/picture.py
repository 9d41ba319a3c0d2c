"""A study's picture: what `hil.report.study_plot` is given."""

from __future__ import annotations

from pathlib import Path

from hil.study.domain import Domain
from hil.study.prediction import Prediction


def draw_study(domain: Domain, prediction: Prediction, path: Path) -> None:
    """Draw it to a ``.png`` file.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    from hil.report.study_plot import TaskPicture, draw

    metrics = list(prediction.cells[0][0]["metrics"])
    pictures = [
        TaskPicture(
            name,
            found.unit,
            found.predictors[domain.best_form],
            f"information, {domain.best_form}",
            found.scores,
            {
                key: (one.spearman, one.low, one.high)
                for key, one in found.ranking.agreement.items()
            },
            metrics,
            found.ranking.ceiling,
        )
        for name, found in prediction.tasks.items()
    ]
    draw(f"{domain.name}: {len(prediction.settings)} settings, {domain.fixed}", pictures, path)
