from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hil.noise import GaussianNoise
from hil.study.cache import CellCache
from hil.study.domain import Observed, Setting, Size
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


class Mistold(Planted):
    """Tells more noise than its frames have at its brightest."""

    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        found = super().observe(setting, seed, size)
        if float(setting["lamp.mw"]) < 3:
            return found
        return {name: replace(one, noise=GaussianNoise(3.0)) for name, one in found.items()}


def test_readings_that_no_session_would_win_by_are_kept_apart(
    found: Prediction, tmp_path: Path
) -> None:
    here = predict(Mistold(), SMALL, CellCache(tmp_path, ""), lambda line: None)
    for name, task in here.tasks.items():
        assert task.flags["noise_mismatch"] == [SMALL.settings - 1]
        assert "noise_mismatch" not in found.tasks[name].flags
        assert task.unbarred > 0.7
