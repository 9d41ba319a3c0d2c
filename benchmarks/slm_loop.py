"""A hidden aberration undone by slmsuite's simulated modulator, as its simulated camera sees it.

A session of examples/slm (session.toml, or by_model.toml say) with other seeds, and so with another
aberration, sample and noise.

    python benchmarks/slm_loop.py [number of seeds] [trials] [session file]

Tells of each: the residual at the start and of the winner, nm rms over the pupil; the same as what
the Strehl ratio lacks; after how many frames a trial was first within a fifth and a tenth of the
start; the frames of the session.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hil import open_database, run_session

EXAMPLE = Path(__file__).parents[1] / "examples" / "slm"


def one(seed: int, trials: int, session: str) -> list[float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "slm"
        shutil.copytree(EXAMPLE, folder)
        for file, key, value in (
            ("rig.toml", "seed", seed),
            (session, "seed", seed),
            (session, "trials", trials),
        ):
            lines = (folder / file).read_text(encoding="utf-8").splitlines()
            lines = [f"{key} = {value}" if x.startswith(f"{key} = ") else x for x in lines]
            (folder / file).write_text("\n".join(lines), encoding="utf-8")
        url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        began_s = time.perf_counter()
        result = run_session(folder / session, url)
        seconds = time.perf_counter() - began_s
        with open_database(url) as database:
            table = database.trials("last", sort="number")
    assert result.best is not None
    frames = np.cumsum(table["n_frames"].to_numpy())
    residual = table["metrics.residual_nm"].to_numpy(float)
    lacks = 1 - table["metrics.strehl"].to_numpy(float)
    winner = int(np.flatnonzero(table["number"] == result.best.number)[0])
    first = [
        float(frames[np.argmax(residual <= share * residual[0])])
        if (residual <= share * residual[0]).any()
        else float("nan")
        for share in (0.2, 0.1)
    ]
    return [residual[0], residual[winner], lacks[0], lacks[winner], *first, frames[-1], seconds]


def main(n_seeds: int, trials: int, session: str) -> None:
    print("seed  start nm  left nm  start lack  left lack  1/5 after  1/10 after  frames  seconds")
    rows = []
    for seed in range(1, n_seeds + 1):
        row = one(seed, trials, session)
        rows.append(row)
        print(
            f"{seed:4}{row[0]:10.1f}{row[1]:9.1f}{row[2]:12.3f}{row[3]:11.3f}{row[4]:11.0f}"
            f"{row[5]:12.0f}{row[6]:8.0f}{row[7]:9.0f}",
            flush=True,
        )
    left = np.array(rows)
    share = left[:, 1] / left[:, 0]
    print(f"left of the start: median {np.median(share):.3f}, worst {share.max():.3f}")


if __name__ == "__main__":
    said = [*sys.argv[1:], *["4", "100", "session.toml"][len(sys.argv[1:]) :]]
    main(int(said[0]), int(said[1]), said[2])
