from __future__ import annotations

from pathlib import Path

from hil.study.cache import CellCache
from hil.study.prediction import Prediction, predict
from tests.hil.study.planted_domain import SMALL, Planted


def test_information_ranks_planted_settings_and_a_study_goes_on_where_it_ended(
    found: Prediction, cells: Path
) -> None:
    domain, lines = Planted(), []
    for task in found.tasks.values():
        agreement = task.ranking.agreement
        assert agreement["bits per frame"].spearman > 0.8
        assert agreement["dimness"].spearman == -agreement["brightness"].spearman
        assert task.ranking.best_metric == "brightness"
        assert task.scores.shape == (SMALL.seeds, SMALL.settings)
    again = predict(domain, SMALL, CellCache(cells, ""), lines.append)
    assert domain.asked == 0 and "known" in lines[-1]
    assert again.tasks["sign"].ranking == found.tasks["sign"].ranking
