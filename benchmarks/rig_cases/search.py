"""Optuna's best of a session against the best of a dense scan of the same search space."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.rig_cases.table import Row
from drivers.protocol import Value
from hil import open_database, run_session
from hil.capture import Capture
from hil.clock import SystemClock
from hil.ports import Measurement
from hil.rig import Plan, Rig
from hil.score import SessionEstimator, noise_model
from hil.search_space import resolve
from hil.spec import GridSampler, SamplerSpec, SessionFile, load_session_file

TRIALS = 60
JUDGE_REPEATS = 4


def optuna_against_scan(
    session: Path, points: int | dict[str, int], trials: int = TRIALS
) -> list[Row]:
    """Run the session's own sampler and a grid, and measure both winners again, side by side.

    Parameters
    ----------
    session
        A session file.
    points
        Values of each axis in the scan.
    trials
        Of the sampler.
    """
    file = load_session_file(session)
    proposed = _best(file, file.spec.sampler, trials)
    scanned = _best(file, GridSampler(kind="grid", points=points), 100_000)
    values = judge(file, [proposed, scanned])
    name = file.spec.name
    return [
        Row(
            f"{name}: best of {trials} trials over best of a scan",
            f"{values[0] / values[1]:.1%}",
            "97 %",
            f"{_say(proposed)}: {values[0]:.4f}; scan {_say(scanned)}: {values[1]:.4f} "
            f"{file.spec.objective.names[0]}",
        )
    ]


def judge(file: SessionFile, candidates: list[Mapping[str, Value]]) -> list[float]:
    """Measure settings again: the session's fields, four repeats; the first objective of each."""
    spec = file.spec
    with tempfile.TemporaryDirectory() as folder, Rig(Plan(file.rig)) as rig:
        fields = _fields(file, Path(folder))
        rig.setup()
        space = rig.run(lambda: resolve(spec, rig.safety, rig.spec, file.path))
        estimator = SessionEstimator(spec, noise_model(file.rig), space.excess)
        capture = Capture(rig.safety, rig.camera, fields, JUDGE_REPEATS, 10, SystemClock())
        values = []
        for settings in candidates:
            applied = rig.apply({**space.fixed, **settings})
            taken = [rig.run(lambda i=i: capture.field(i)) for i in range(len(fields))]
            measurement = Measurement(
                np.stack([one.frames for one in taken]),
                taken[0].exposure_ms,
                taken[0].saturation_adu,
            )
            assessment = estimator.assess(measurement, applied)
            values.append(next(iter(assessment.objectives.values())))
    return values


def _best(file: SessionFile, sampler: SamplerSpec, trials: int) -> Mapping[str, Value]:
    """Run a session of its own; the settings of its best trial."""
    changes = {"sampler": sampler, "trials": trials, "reference": None}
    spec = file.spec.model_copy(update=changes)
    text = spec.model_dump_json(exclude_unset=True)
    with tempfile.TemporaryDirectory() as folder:
        result = run_session(replace(file, spec=spec, text=text), _url(Path(folder)))
    assert result.best is not None, result.reason
    return result.best_settings


def _fields(file: SessionFile, folder: Path) -> list[Mapping[str, Value]]:
    """Let a session of one trial say where its fields lie."""
    spec = file.spec.model_copy(update={"trials": 1, "reference": None})
    text = spec.model_dump_json(exclude_unset=True)
    run_session(replace(file, spec=spec, text=text), _url(folder))
    with open_database(_url(folder)) as database:
        fields: list[Mapping[str, Value]] = database.session("last").extra["layout"]["fields"]
    return fields


def _url(folder: Path) -> str:
    return f"sqlite:///{(folder / 'hil.db').as_posix()}"


def _say(settings: Mapping[str, Value]) -> str:
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings.items()
    )
