"""Whether `hil replay --what-if` foretells how another sampler fares, on simulated rigs.

For each case a session is recorded with one sampler; a model of its trials foretells the regret of
another sampler. Then that sampler really runs on the rig, and its regret is measured: the settings
of each winner on the way are measured again, three times at all fields of view, and set against the
best that any session of the case found, one more of sampler auto included. A case is met where the
real curve lies in the band from its first trial to its last, give or take the error of those
measurements.

    python benchmarks/what_if.py [--cases N,N] [--trials N] [--seeds N] [--more-seed N]
                                 [--figures FOLDER]

Ten cases of 30 trials take about half an hour on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

import hil
from drivers.types import Value
from hil.demo import demo_files
from hil.errors import InputError
from hil.ranking.drift import without_drift
from hil.ranking.leaders import winner
from hil.records.trial import TrialRow
from hil.records.what_if import Curve, WhatIf
from hil.replay.record import record_table
from hil.replay.table import SettingsTable
from hil.replay.what_if.what_if import what_if
from hil.spec import SessionFile, SessionSpec, load_session_file
from hil.spec.load import parse

EXAMPLES = Path(__file__).parents[1] / "examples"
REPEATS = 3


class Case(NamedTuple):
    """What is recorded, and what is foretold."""

    rig: str
    recorded: str
    other: str
    seed: int


CASES = [
    Case("demo", "auto", "random", 1),
    Case("demo", "auto", "tpe", 3),
    Case("microscope", "auto", "tpe", 1),
    Case("ledarray", "auto", "random", 1),
    Case("lensless", "random", "tpe", 1),
    Case("satellite", "auto", "random", 1),
    Case("hyperspectral", "auto", "tpe", 1),
    Case("tomography", "random", "auto", 1),
    Case("microscope", "tpe", "auto", 2),
    Case("demo", "random", "auto", 2),
]


def session_file(
    case: Case, sampler: str, seed: int, trials: int, *, all_fields: bool = False
) -> SessionFile:
    if case.rig == "demo":
        file = demo_files(case.seed)
    else:
        file = load_session_file(EXAMPLES / case.rig / "session.toml")
    table = file.spec.model_dump(mode="json", exclude_unset=True)
    for key in ("reference", "finish", "stop"):
        table.pop(key, None)
    table |= {"sampler": {"kind": sampler}, "seed": seed, "trials": trials}
    table["measure"] = {**table.get("measure", {}), "keep_frames": "none"}
    if all_fields and table["measure"].get("fields") == "as needed":
        del table["measure"]["fields"]
    spec = parse(SessionSpec, json.dumps(table), file.path)
    return replace(file, spec=spec, text=spec.model_dump_json(exclude_unset=True))


def rows_of(url: str, session: str) -> list[TrialRow]:
    with hil.open_database(url) as database:
        return list(without_drift(database.rows(session), database.drift(session)))


def winners(rows: Sequence[TrialRow]) -> list[int | None]:
    """Name the trial that wins after each."""
    found = [winner(rows[:n]) for n in range(1, len(rows) + 1)]
    return [None if best is None else best.number for best in found]


def measured_again(
    file: SessionFile, url: str, settings: Sequence[Mapping[str, Value]]
) -> tuple[np.ndarray, float]:
    """Mean objective at each of some settings, and the standard error of one such mean."""
    table = SettingsTable(Path("winners"), tuple(one for one in settings for _ in range(REPEATS)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session.json"
        spec = file.spec.model_dump(mode="json", exclude_unset=True)
        spec["rig"] = str(file.rig.path)
        rig = Path(folder) / "rig.toml"
        if file.rig.path.is_file() and file.rig.path.read_text(encoding="utf-8") == file.rig.text:
            rig = file.rig.path
        else:
            rig.write_text(file.rig.text, encoding="utf-8")
        path.write_text(json.dumps(spec), encoding="utf-8")
        result = record_table(rig, table, url, session=as_toml(path, spec))
    values = np.array([row.objectives[0] for row in rows_of(url, result.session_id)])
    each = values.reshape(len(settings), REPEATS)
    return each.mean(axis=1), float(np.sqrt(each.var(axis=1, ddof=1).mean() / REPEATS))


def as_toml(path: Path, spec: Mapping[str, object]) -> Path:
    """Write what the table needs of a session as TOML."""
    wanted = {
        key: spec[key] for key in ("fixed", "measure", "estimator", "objective") if key in spec
    }
    if isinstance(measure := wanted.get("measure"), dict) and measure.get("fields") == "as needed":
        wanted["measure"] = {k: v for k, v in measure.items() if k not in ("fields", "min_fields")}
    if "constraints" in spec:
        wanted["constraints"] = spec["constraints"]
    body = "".join(f"{key} = {inline(value)}\n" for key, value in wanted.items())
    first = spec["search"][0]  # type: ignore[index]
    text = f'name = "x"\nrig = {json.dumps(spec["rig"])}\ntrials = 1\nsearch = [{inline(first)}]\n'
    path = path.with_suffix(".toml")
    path.write_text(text + body, encoding="utf-8")
    return path


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value)


def real_curve(file: SessionFile, url: str, sessions: Sequence[str]) -> tuple[Curve, float, float]:
    """Regret of the first session against the best that any of them found."""
    every = [rows_of(url, session) for session in sessions]
    follows = winners(every[0])
    last = [(rows, winners(rows)[-1]) for rows in every]
    chosen = sorted({number for number in follows if number is not None})
    settings = [every[0][number].requested for number in chosen]
    settings += [rows[number].requested for rows, number in last if number is not None]
    values, error = measured_again(file, url, settings)
    best = float(values.max())
    of = dict(zip(chosen, values, strict=False))
    regret = tuple(float("nan") if n is None else float(best - of[n]) for n in follows)
    n_fields = 1
    with hil.open_database(url) as database:
        layout = database.session(sessions[0]).extra["layout"]
        n_fields = len(layout["fields"])
    repeats = file.spec.measure.repeats
    taken = np.cumsum([(len(row.fields) or n_fields) * repeats for row in every[0]])
    return Curve(tuple(map(int, taken)), regret, ""), best, error


def run_case(case: Case, trials: int, seeds: int, figures: Path | None) -> bool:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'hil.db').as_posix()}"

        def run(sampler: str, seed: int, **more: bool) -> str:
            file = session_file(case, sampler, seed, trials, **more)
            return hil.run_session(file, url).session_id

        recorded = run(case.recorded, case.seed)
        with hil.open_database(url) as database:
            try:
                found = what_if(database, recorded, [f"sampler={case.other}"], seeds=seeds)
            except InputError as error:
                print(f"{case.rig:14s} {case.recorded:7s} {case.other:7s} refused: {error}")
                return False
        sessions = [
            run(case.other, case.seed + 100),
            recorded,
            run("auto", case.seed + 200, all_fields=True),
        ]
        file = session_file(case, case.other, case.seed, trials)
        curve, best, error = real_curve(file, url, sessions)
    met, share = judged(found, curve, error)
    optima = f"{min(found.optimum):.3g} to {max(found.optimum):.3g}"
    band = found.outcomes[0].band
    print(
        f"{case.rig:14s} {case.recorded:7s} {case.other:7s} {found.left_out.explained:9.2f}"
        f" {optima:>16s} {best:8.3g} {band.median[-1]:8.3g} {band.low[-1]:8.3g}"
        f" {band.high[-1]:8.3g} {curve.regret[-1]:8.3g} {share:6.0%}  {'yes' if met else 'no':3s}"
        f" {time.perf_counter() - began:6.0f}",
        flush=True,
    )
    if figures:
        draw(found, curve, figures / f"what_if_{case.rig}_{case.recorded}_{case.other}.png")
    return met


def judged(found: WhatIf, curve: Curve, error: float) -> tuple[bool, float]:
    band = found.outcomes[0].band
    slack = 2 * 2**0.5 * error  # of a difference between two means, 95 %
    inside = []
    for frames, regret in zip(curve.frames, curve.regret, strict=True):
        _, low, high = band.at(frames)
        if not np.isnan(low) and not np.isnan(regret):
            inside.append(low - slack <= regret <= high + slack)
    return all(inside), float(np.mean(inside))


def draw(found: WhatIf, curve: Curve, path: Path) -> None:
    from hil.report.what_if_plot import draw_what_if

    draw_what_if(found, path, real=curve)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", help="numbers from 0, all by default")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--more-seed", type=int, default=0, help="added to each case's own seed")
    parser.add_argument("--figures", type=Path)
    wanted = parser.parse_args()
    numbers = range(len(CASES))
    chosen = [int(n) for n in wanted.cases.split(",")] if wanted.cases else list(numbers)
    print(
        "rig            recorded other  explained  optimum foretold     real   median      low"
        "     high     real  inside  met  seconds"
    )
    cases = [CASES[n]._replace(seed=CASES[n].seed + wanted.more_seed) for n in chosen]
    met = [run_case(case, wanted.trials, wanted.seeds, wanted.figures) for case in cases]
    print(f"{sum(met)} of {len(met)} real curves lie in the band foretold; to reach: 8 of 10")
    sys.exit(0 if sum(met) >= 0.8 * len(met) else 1)


if __name__ == "__main__":
    main()
