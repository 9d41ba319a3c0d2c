"""Files and databases that somebody has changed: one line and status 2, or valid."""

from __future__ import annotations

import contextlib
import io
import pickle
import random
import re
import shutil
import sqlite3
import tempfile
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chaos_night import Broken, ChaosRow
from hil.cli.main import run
from hil.errors import HilError
from hil.frames.files import open_frames
from hil.session.run import run_session
from hil.spec.load import load_session_file
from hil.supervision.stop import StopSwitch
from tests.hil.small_session import RIG, SESSION

VALUES = (
    "0", "-1", "1", "0.5", "1e308", "-1e308", "1e400", "nan", "inf", "-inf", "true", '""', '"x"',
    "[]", "[1, 2]", "{}", '"nan"', "9" * 30, '"../../x"', '"\\u001b[31m"', '"\\u202e"', "'''",
    "2026-01-01", "[[[[[[]]]]]]", '"sqlite:///x"', "0x7fffffffffffffff", "[" * 400, "{ a = 1 }",
)  # fmt: skip
CODES = b"\x00\xff\x1b\"'[]{}=,.#\n\r\t"
MOST_PX, MOST_FRAMES = 256, 64


def mutated(text: str, rng: random.Random) -> bytes:
    """Change a TOML text in one or a few places."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        i = rng.randrange(len(lines))
        key, is_pair, _ = lines[i].partition(" = ")
        kind = rng.randrange(6)
        if kind <= 1 and is_pair:
            lines[i] = f"{key} = {rng.choice(VALUES)}"
        elif kind == 2:
            lines.insert(rng.randrange(len(lines)), lines[i])
        elif kind == 3:
            lines[i] = ""
        elif kind == 4 and lines[i]:
            at = rng.randrange(len(lines[i]))
            lines[i] = lines[i][:at] + rng.choice("abz0._-\"'[]") + lines[i][at + 1 :]
        else:
            found = re.sub(r"-?\d+(\.\d+)?", lambda _: rng.choice(VALUES[:10]), lines[i], count=1)
            lines[i] = found
    content = bytearray("\n".join(lines).encode() + b"\n")
    if rng.random() < 0.2:
        content[rng.randrange(len(content))] = rng.choice(CODES)
    return bytes(content[: rng.randrange(len(content))] if rng.random() < 0.05 else content)


def command(arguments: Sequence[str]) -> tuple[int, str]:
    """Run a command in this process; its status and what it said of errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = run(list(arguments))
        except BaseException:
            raise Broken(traceback.format_exc(limit=-4)) from None
    said = err.getvalue()
    if "Traceback" in said or "a defect of hil" in said:
        raise Broken(f"{arguments[0]}: {said[-600:]}")
    if status == 2 and len(said.strip().splitlines()) != 1:
        raise Broken(f"{arguments[0]}: not one line: {said[:400]!r}")
    if re.search("[\x1b\u202e\x00]", said + out.getvalue()):
        raise Broken(f"{arguments[0]}: marks reach the terminal")
    return status, said


def texts(n: int, rng: random.Random) -> list[ChaosRow]:
    """Mutate session and rig files."""
    row = ChaosRow("mutated session and rig files")
    for _ in range(n):
        seed = rng.randrange(10**9)
        row.attempt(f"seed {seed}", partial(_text, seed))
    return [row]


def _text(seed: int) -> float:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        files = {"rig.toml": RIG, "session.toml": SESSION + "[finish]\nremeasure = 0\n"}
        changed = rng.choice(list(files))
        for file, text in files.items():
            content = mutated(text, rng) if file == changed else text.encode()
            (folder / file).write_bytes(content)
        try:
            read = load_session_file(folder / "session.toml")
        except HilError as error:
            if error.exit_status != 2 or "\n" in str(error):
                raise Broken(f"status {error.exit_status}: {error}") from None
            _one_line(folder)
            return 0.0
        except Exception:
            raise Broken(traceback.format_exc(limit=-3)) from None
        text = (folder / changed).read_text("utf-8", "replace")
        numbers = [int(x[:9]) for x in re.findall(r"(?:_px|columns|rows|repeats) = (\d+)", text)]
        if max(numbers, default=0) <= MOST_PX and read.spec.measure.repeats < MOST_FRAMES:
            _one_line(folder)
        return 0.0


def _one_line(folder: Path) -> None:
    url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
    status, said = command(("run", str(folder / "session.toml"), "--trials", "1", "--db", url))
    if status not in (0, 1, 2):
        raise Broken(f"status {status}: {said[-300:]}")


def frames(n: int, rng: random.Random) -> list[ChaosRow]:
    """Mutate files of frames."""
    row = ChaosRow("mutated frame files")
    pixels = np.random.default_rng(1).integers(0, 4096, (3, 2, 16, 16)).astype(np.uint16)
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name)
        np.save(whole / "a.npy", pixels)
        np.savez_compressed(whole / "a.npz", pixels)
        import tifffile

        tifffile.imwrite(whole / "a.tif", pixels)
        for _ in range(n):
            row.attempt("frames", partial(_frames, whole, rng.randrange(10**9)))
    return [row]


def _frames(whole: Path, seed: int) -> float:
    rng = random.Random(seed)
    source = rng.choice(sorted(whole.glob("a.*")))
    content = bytearray(source.read_bytes())
    for _ in range(rng.choice((1, 2, 8, 40))):
        near = min(len(content), 400) if rng.random() < 0.6 else len(content)
        content[rng.randrange(near)] = rng.choice((0, 255, rng.randrange(256)))
    if rng.random() < 0.2:
        del content[rng.randrange(len(content)) :]
    path = whole / f"mutated{source.suffix}"
    path.write_bytes(content)
    try:
        found = open_frames(path)[0]
        for k in range(min(found.shape[0], 8)):
            found[k]
    except HilError as error:
        if error.exit_status != 2 or "\n" in str(error):
            raise Broken(f"seed {seed}: {error}") from None
    except Exception:
        raise Broken(f"seed {seed}: {traceback.format_exc(limit=-3)}") from None
    return 0.0


class _Runs:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (self.path,))


def databases(n: int, rng: random.Random) -> list[ChaosRow]:
    """Doctor the rows of a session's database, then ask for it and resume it."""
    row = ChaosRow("doctored database rows")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _four_trials(folder)
        for _ in range(n):
            seed = rng.randrange(10**9)
            row.attempt(f"seed {seed}", partial(_doctored, folder, seed))
    return [row]


def _four_trials(folder: Path) -> None:
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    text = SESSION.replace('kind = "random"', 'kind = "cmaes"')
    (folder / "session.toml").write_text(text + "[finish]\nremeasure = 0\n", encoding="utf-8")
    stop = StopSwitch()

    def look(snapshot: Any) -> None:
        if snapshot.number == 3:
            stop.press("four are enough")

    with contextlib.suppress(HilError):
        url = f"sqlite:///{(folder / 'whole.db').as_posix()}"
        run_session(folder / "session.toml", url, observer=look, stop=stop)


def _doctored(folder: Path, seed: int) -> float:
    rng = random.Random(seed)
    path, ran = folder / "hil.db", folder / "it ran"
    shutil.copy(folder / "whole.db", path)
    bad: tuple[Any, ...] = (
        None, "", "x", -1, 0, 10**18, 1e308, float("inf"), "{}", "[]", '{"a":', "null", "NaN",
        "[" * 3000, '{"kind": "x"}', "\x1b[31mred", "\u202egpj", "9" * 40, pickle.dumps(_Runs(ran)),
        pickle.dumps(_Runs(ran)).hex(), "COMPLETE", "RUNNING", "2026-13-01", "x" * 10_000,
        '{"0": NaN}', "[null]", "1e400",
    )  # fmt: skip
    what = []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite%'"
        )]  # fmt: skip
        tables = [t for t in tables if connection.execute(f'select 1 from "{t}"').fetchone()]
        for _ in range(rng.choice((1, 1, 2, 5))):
            table = rng.choice(tables)
            columns = connection.execute(f'pragma table_info("{table}")').fetchall()
            column, value = rng.choice(columns)[1], rng.choice(bad)
            what.append(f"{table}.{column} = {str(value)[:20]!r}")
            keys = [name for _, name, _, _, _, key in columns if key]
            rows = connection.execute(f'select {", ".join(keys)} from "{table}"').fetchall()
            where = " and ".join(f"{key} is ?" for key in keys)
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute(
                    f'update "{table}" set "{column}" = ? where {where}',
                    (value, *rng.choice(rows)),
                )
        connection.commit()
    asked = [("show", "last"), ("sessions",), ("trials", "last"), ("events", "last")]
    asked += [("db", "verify", "last"), ("resume", "last")]
    for arguments in asked:
        try:
            command((*arguments, "--db", f"sqlite:///{path.as_posix()}"))
        except Broken as error:
            raise Broken(f"{what} {arguments}: {error}") from None
    if ran.exists():
        ran.unlink()
        raise Broken(f"{what}: code ran")
    return 0.0
