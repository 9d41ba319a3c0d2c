from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hil.study import labels
from hil.study.cache import CellCache
from hil.study.design import design_study
from hil.study.design.compare import CONVENTIONAL, GRADIENT, own_design
from hil.study.design.rows import cost_rows, design_verdicts, score_head, score_rows
from hil.study.prediction import predict
from tests.hil.study.design.planted_problem import TRIED, PlantedProblem
from tests.hil.study.planted_domain import SMALL


def test_designs_are_judged_on_all_tasks_and_known_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "SHARES", (1.0,))
    problem, lines = PlantedProblem(), list[str]()
    size, cells = replace(SMALL, settings=2, seeds=1), CellCache(tmp_path, "")
    found = predict(problem.domain, size, cells, lines.append)
    study = design_study(problem, size, TRIED, found, cells, lines.append)
    for task, own in study.scores.items():
        assert own[GRADIENT].score > own[CONVENTIONAL].score
        assert own[own_design(task)].against == (0, 0, 0)
        low, high = own[CONVENTIONAL].against[1:]
        assert low <= own[CONVENTIONAL].against[0] <= high < 0
    assert study.made["best brightness of the family"][0]["setting"] == {"lamp.mw": 3.0}
    assert [one.chosen_by for one in study.labels] == list(study.made)
    problem.domain.asked = 0
    again = design_study(problem, size, TRIED, found, cells, lines.append)
    assert asdict(again) == asdict(study) and problem.domain.asked == 0
    assert len(list(score_rows(study))) == len(study.made) == len(list(cost_rows(study))) + 2
    assert score_head(study)[1:] == ("sign, bits", "strength, dB")
    verdicts = list(design_verdicts(study))
    assert len(verdicts) == 4 and "end to end, sign" in verdicts[0]
