"""Sessions that are killed at random moments, 20 times, and resumed each time.

For CMA-ES, QMC and grid, and for TPE with one trial measured while the one before is estimated
(ahead): every trial that was COMPLETE stays as it was, with frames that match their checksums; the
session ends with 40; and each proposal is what a process that had lived through would have proposed
from the same rows.

    python benchmarks/kills.py [kills] [seed] [sampler ...]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hil import open_database
from hil.errors import HilError
from hil.proposer import OptunaProposer
from hil.records.trial import SearchExhausted, TrialRow, TrialState
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.session.pipeline.ahead import Ahead
from hil.session.run import Baseline, stored_file
from hil.session.search_space import resolve
from hil.store import SessionRecord

TRIALS = 40

RIG = """\
name = "kills {kind}"
camera = "camera"
[[driver]]
kind = "sim.microscope"
seed = 1
height_px = 64
width_px = 64
scene_um = 60
[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6
[setup]
"light.power_mw" = 1.0
[[park]]
set = {{ "light.power_mw" = 0 }}
"""

SESSION = """\
name = "kills"
rig = "rig.toml"
trials = 40
seed = 4
start = "none"
[[search]]
setting = "mirror.z5_nm"
low = -100
high = 100
[[search]]
setting = "focus.z_um"
low = -1
high = 1
[measure]
grid = {{ columns = 2, rows = 2, step_um = 10 }}
pipeline = {pipeline}
[sampler]
{sampler}
"""

SAMPLERS = {
    "cmaes": 'kind = "cmaes"\npopulation_size = 6',
    "qmc": 'kind = "qmc"',
    "ahead": 'kind = "tpe"\nstartup_trials = 5',
    "grid": 'kind = "grid"\npoints = { "mirror.z5_nm" = 8, "focus.z_um" = 5 }',
}


def rows_of(url: str) -> list[TrialRow]:
    try:
        with open_database(url) as database:
            return database.rows("last")
    except HilError:
        return []


def complete(rows: list[TrialRow]) -> dict[int, str]:
    return {
        row.number: json.dumps([dict(row.requested), row.objectives])
        for row in rows
        if row.state is TrialState.COMPLETE
    }


def run(kind: str, kills: int, rng: random.Random) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rig.toml").write_text(RIG.format(kind=kind), encoding="utf-8")
        text = SESSION.format(
            sampler=SAMPLERS[kind], pipeline="true" if kind == "ahead" else '"auto"'
        )
        (folder / "session.toml").write_text(text, encoding="utf-8")
        url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        killed, known = 0, {}
        while killed < kills:
            arguments = ["resume", "last"] if rows_of(url) else ["run", "session.toml"]
            process = subprocess.Popen(
                [sys.executable, "-m", "hil.cli", *arguments, "--db", url],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            before = len(rows_of(url))
            while len(rows_of(url)) <= before and process.poll() is None:
                time.sleep(0.02)
            time.sleep(rng.uniform(0, 0.3))
            if process.poll() is None:
                process.kill()
                killed += 1
            process.wait()
            now = complete(rows_of(url))
            assert all(now[number] == value for number, value in known.items()), "a trial changed"
            known = now
            if len(now) == TRIALS:
                break
        subprocess.run(
            [sys.executable, "-m", "hil.cli", "resume", "last", "--db", url],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        report(kind, url, killed)


def report(kind: str, url: str, killed: int) -> None:
    with open_database(url) as database:
        record = database.session("last")
        rows = database.rows("last")
        wrong = database.verify("last")
    done = complete(rows)
    points = [json.dumps(dict(rows[number].requested)) for number in done]
    same = as_if_alive(record, rows)
    states = {state: sum(row.state == state for row in rows) for state in {r.state for r in rows}}
    print(
        f"{kind}: {killed} kills, {len(done)} COMPLETE of {len(rows)} rows {states}; frames that"
        f" do not match: {len(wrong)}; distinct settings among COMPLETE: {len(set(points))};"
        f" proposals as if never killed: {same} of {len(rows)}",
        flush=True,
    )


def as_if_alive(record: SessionRecord, rows: list[TrialRow]) -> int:
    """Count proposals that one process, given the same rows one by one, would have made."""
    file = stored_file(record, None)
    rig = Rig(Plan(file.rig))
    try:
        space = rig.run(lambda: resolve(file.spec, rig.safety, rig.spec, "session"))
    finally:
        rig.close()
    baseline = Baseline.from_json(record.extra["layout"])
    plan = baseline.plan(file.spec, space)
    same, attrs = 0, {}
    proposer = Ahead(OptunaProposer(plan), on=file.spec.measure.pipeline is True)
    for row in rows:
        try:
            proposal = proposer.propose(rows[: row.number], attrs, row.number)
        except SearchExhausted:
            continue
        attrs = {**attrs, **proposal.study_attrs}
        same += dict(proposal.requested) == dict(row.requested)
    return same


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:3]]
    n_kills, seed = words + [20, 1][len(words) :]
    for sampler in sys.argv[3:] or SAMPLERS:
        run(sampler, n_kills, random.Random(seed))
