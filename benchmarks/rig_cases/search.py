"""Optuna's best of a session against the best of a dense scan of the same search space."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.rig_cases.probe import Probe
from benchmarks.rig_cases.table import Row
from drivers.types import Value
from hil import run_session
from hil.spec import GridSampler, SamplerSpec, SessionFile, load_session_file

TRIALS = 60
JUDGE_REPEATS = 4


def optuna_against_scan(
    session: Path,
    points: int | dict[str, int],
    trials: int = TRIALS,
    seeds: tuple[int, ...] = (1, 2),
) -> list[Row]:
    """Run the session's own sampler and a grid, and measure the winners again, side by side.

    Parameters
    ----------
    session
        A session file.
    points
        Values of each axis in the scan.
    trials
        Of the sampler.
    seeds
        Of the sampler, a session each.
    """
    file = load_session_file(session)
    scanned = _best(file, GridSampler(kind="grid", points=points), 100_000)
    proposed = [_best(file, file.spec.sampler, trials, seed) for seed in seeds]
    values = judge(session, [scanned, *proposed])
    name, objective = file.spec.name, file.spec.objective.names[0]
    return [
        Row(
            f"{name}: best of {trials} trials, seed {seed}, over best of a scan",
            f"{value / values[0]:.1%}",
            "97 %",
            f"{_say(found)}: {value:.4f}; scan {_say(scanned)}: {values[0]:.4f} {objective}",
        )
        for seed, found, value in zip(seeds, proposed, values[1:], strict=True)
    ]


def judge(session: Path, candidates: list[Mapping[str, Value]]) -> list[float]:
    """Measure settings again: the session's fields, four repeats; the first objective of each."""
    with Probe(session) as probe:
        return [probe.at(settings, JUDGE_REPEATS).objective for settings in candidates]


def _best(
    file: SessionFile, sampler: SamplerSpec, trials: int, seed: int = 1
) -> Mapping[str, Value]:
    """Run a session of its own; the settings of its best trial."""
    changes = {"sampler": sampler, "trials": trials, "seed": seed, "reference": None}
    spec = file.spec.model_copy(update=changes)
    text = spec.model_dump_json(exclude_unset=True)
    with tempfile.TemporaryDirectory() as folder:
        result = run_session(replace(file, spec=spec, text=text), _url(Path(folder)))
    assert result.best is not None, result.reason
    return result.best_settings


def _url(folder: Path) -> str:
    return f"sqlite:///{(folder / 'hil.db').as_posix()}"


def _say(settings: Mapping[str, Value]) -> str:
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings.items()
    )
