"""A short session on each simulated rig finds the optimum that its physics has inside the range."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import hil
from hil.spec import GpSampler, load_session_file
from hil.spec.session import EstimatorSpec
from tests.sim.cases import SearchCase, case_files

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES: list[SearchCase] = [module.SEARCH for module in case_files()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.example)
def test_a_session_finds_the_best_inside(case: SearchCase, tmp_path: Path) -> None:
    file = load_session_file(EXAMPLES / case.example / "session.toml")
    search = tuple(axis for axis in file.spec.search if axis.setting == case.setting)
    changes = {
        "search": search,
        "fixed": {**file.spec.fixed, **case.others},
        "trials": case.trials,
        "reference": None,
        "estimator": EstimatorSpec(
            kind="stationary",
            patch_size=file.spec.estimator.patch_size,  # quick
        ),
        "measure": file.spec.measure.model_copy(update={"keep_frames": "none"}),
        "sampler": GpSampler(kind="gp", startup_trials=5),
    }
    spec = file.spec.model_copy(update=changes)
    file = replace(file, spec=spec, text=spec.model_dump_json(exclude_unset=True))
    result = hil.run_session(file, f"sqlite:///{(tmp_path / 'hil.db').as_posix()}")
    assert result.best is not None
    assert case.low <= float(result.best_settings[case.setting]) <= case.high
