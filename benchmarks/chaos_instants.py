"""Signals at named instants of each command that moves: opening, asking, last row, park."""

from __future__ import annotations

import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from benchmarks.chaos_night import RIG, Broken, ChaosRow, Night, night
from hil.records.session import SessionState

CALIBRATE = """
[calibrate]
dark = { set = { "lamp.power_mw" = 0, "light.power_mw" = 0 } }
vary = { setting = "camera.exposure_ms", low = 2, high = 40, points = 8 }
"""
TRIALS = 2
TABLE = "mirror.z5_nm,focus.z_um\n-50,0\n50,0.5\n"
SCANNED = ("--setting", "mirror.z5_nm", "--from", "-50", "--to", "50", "--steps", "2")
# What is run, and whether it goes on with a session that there is.
COMMANDS: dict[str, tuple[tuple[str, ...], bool]] = {
    "run": (("run", "session.toml"), False),
    "resume": (("resume", "last", "--trials", "3"), True),
    "apply": (("apply", "last", "--best"), True),
    "replay": (("replay", "last", "--on", "rig.toml"), True),
    "measure": (("measure", "rig.toml"), False),
    "calibrate": (("calibrate", "rig.toml"), False),
    "scan": (("scan", "rig.toml", *SCANNED), False),
    "record": (("record", "rig.toml", "--settings", "table.csv"), False),
}
SESSIONS = ("run", "resume", "replay", "scan", "record")
MAKES = ("run", "replay", "scan", "record")


@dataclass(frozen=True)
class Instant:
    """A call in which the signal comes.

    Parameters
    ----------
    module, owner, name
        The function.
    at
        Which call of it; the first is 1.
    commands
        That come there.
    """

    module: str
    owner: str
    name: str
    at: int = 1
    commands: tuple[str, ...] = tuple(COMMANDS)


INSTANTS = {
    "drivers open": Instant("tests.hil.planted_rig", "MicroscopeKind", "open"),
    "rig opens": Instant("hil.rig.rig", "Rig", "__init__"),
    "guardian gets ready": Instant("hil.supervision.guardian", "Guardian", "wait_ready"),
    "first move": Instant("hil.rig.motion", "RigMotion", "apply"),
    "lamp is lit": Instant("tests.hil.planted_rig", "Lamp", "start"),
    "session is made": Instant("hil.store.database", "Database", "create_session", 1, MAKES),
    "ask": Instant("hil.proposer", "OptunaProposer", "propose", 2, ("run",)),
    "last row": Instant("hil.store.sql_store", "SqlStore", "finish", TRIALS, SESSIONS),
    "park": Instant("hil.rig.rig", "Rig", "park"),
    "session ends": Instant("hil.store.sql_store", "SqlStore", "session_state", 1, SESSIONS),
    "devices close": Instant("hil.rig.rig", "Rig", "close"),
    "summary": Instant("hil.cli.runs", "", "_summarise", 1, ("run", "resume")),
    "report": Instant("hil.report.page", "", "write_report", 1, ("run",)),
}
SENT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Here the work is done, and the signal asks for nothing more.
DONE = ("park", "session ends", "devices close", "summary", "report", "last row")


def instants(n: int, rng: random.Random) -> list[ChaosRow]:
    """Send a signal at each instant of each command, another one each time."""
    rows = {word: ChaosRow(f"signals at named instants, hil {word}") for word in COMMANDS}
    for i in range(n):
        for name, instant in INSTANTS.items():
            for word in instant.commands:
                if word == "apply" and name == "park":
                    continue
                sent = SENT[(rng.randrange(len(SENT)) + i) % len(SENT)]
                for after in (False, True):
                    case = f"{sent.name} {'after' if after else 'in'} {name}"
                    rows[word].attempt(case, partial(struck_at, word, name, sent, after=after))
    return list(rows.values())


def struck_at(word: str, name: str, sent: signal.Signals, *, after: bool) -> float:
    """Run a command that sends itself a signal, and see to it that all is dark and closed."""
    arguments, goes_on = COMMANDS[word]
    with night(trials=TRIALS, rig=RIG + CALIBRATE) as made:
        path = made.folder / "session.toml"
        path.write_text(path.read_text().replace("[finish]", "[finish]\nreport = true"))
        (made.folder / "table.csv").write_text(TABLE, encoding="utf-8")
        if goes_on:
            made.check_ended(made.start("run", "session.toml", "--trials", "1"), [0])
        instant = INSTANTS[name]
        where = {"module": instant.module, "owner": instant.owner, "name": instant.name}
        struck: Mapping[str, object] = {
            **where,
            "at": [instant.at],
            "sends": int(sent),
            "after": after,
        }
        process = made.start(*arguments, struck=[struck])
        said = made.check_ended(process, [0, 130] if name in DONE else [130])
        if sum(line.startswith("error: ") for line in said.splitlines()) > 1:
            raise Broken(f"not one line: {said[-400:]}")
        if made.lit() and (word != "apply" or process.returncode):
            raise Broken("lit at the end")
        _check_rows(made)
        return 0.0


def _check_rows(made: Night) -> None:
    if not (made.folder / "hil.db").exists():
        return  # it ended before there was anything to write down
    made.check_closed()
    with made.database() as database:
        states = [str(state) for state in database.sessions()["state"]]
    open_still = {SessionState.RUNNING.value, SessionState.PAUSED.value, "STALE"}
    if open_still & set(states):
        raise Broken(f"sessions are {states}")
