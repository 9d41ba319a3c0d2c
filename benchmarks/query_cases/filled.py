"""A database filled by the bulk: sessions of trials with settings, estimates and acquisitions."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, event, insert, text
from sqlalchemy.engine import make_url

from hil.store import open_database
from hil.store.columns import dump_json
from hil.store.models import ACQUISITION, ESTIMATE, SETTING, TRIAL, RigTable, SessionTable

CHUNK = 5000
START = datetime(2026, 1, 1, tzinfo=UTC)
_DISTRIBUTION = (
    '{"name": "FloatDistribution",'
    ' "attributes": {"step": null, "low": -100.0, "high": 100.0, "log": false}}'
)
NAMES = tuple(f"stage.z{index}_um" for index in range(10))


def fill(url: str, sessions: int, trials: int, seed: int = 0) -> None:
    """Make the tables and so many sessions of so many trials, one in seven of which failed."""
    open_database(url, create=True).close()
    rng = random.Random(seed)
    engine = create_engine(
        make_url(url.replace("postgresql://", "postgresql+psycopg://")), json_serializer=dump_json
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    with engine.begin() as connection:
        rig = f"{1:032x}"
        connection.execute(
            insert(RigTable).values(id=rig, name="scope", text="", sha256="", created_at=START)
        )
        _insert(connection, SessionTable.__table__, _sessions(rng, rig, sessions, trials))
        keys = [f"{number:08x}".ljust(32, "0") for number in range(sessions)]
        for batch in _chunks(_trials(rng, keys, trials)):
            connection.execute(insert(TRIAL), batch)
            done = [row for row in batch if row["objective"] is not None]
            connection.execute(insert(SETTING), [one for row in batch for one in _settings(row)])
            connection.execute(insert(ESTIMATE), [_estimate(row) for row in done])
            connection.execute(insert(ACQUISITION), [_acquisition(row) for row in done])
    if engine.dialect.name == "postgresql":
        # As the server itself does a minute after such a change. SQLite never does.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, CHUNK)):
        yield chunk


def _insert(connection: Connection, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    for chunk in _chunks(rows):
        connection.execute(insert(table), chunk)


def _sessions(rng: random.Random, rig: str, sessions: int, trials: int) -> Iterator[dict[str, Any]]:
    for number in range(sessions):
        yield {
            "id": f"{number:08x}".ljust(32, "0"),
            "name": f"night {number}",
            "rig_id": rig,
            "calibration_id": None,
            "state": "COMPLETE",
            "reason": "",
            "session_text": 'name = "night"\n' * 100,
            "versions": {"hil": "0.1.0"},
            "seed": rng.randrange(1000),
            "n_trials": trials,
            "objectives": ["bits_per_pixel"],
            "estimator": "predictive",
            "study_attrs": {},
            "extra": {"manifest": {"a": "b" * 500}},
            "tags": ["night"],
            "note": "",
            "stop_requested": "",
            "created_at": START + timedelta(hours=number),
            "finished_at": START + timedelta(hours=number + 1),
        }


def _trials(rng: random.Random, keys: list[str], trials: int) -> Iterator[dict[str, Any]]:
    for count, (session, number) in enumerate(itertools.product(keys, range(trials))):
        values = {name: rng.uniform(-100, 100) for name in NAMES}
        failed = count % 7 == 0
        bits = None if failed else rng.uniform(0, 6)
        at = START + timedelta(seconds=36 * count)
        yield {
            "id": f"{count:032x}",
            "session_id": session,
            "number": number,
            "kind": "search",
            "state": "FAILED" if failed else "COMPLETE",
            "reason": "stage.z0_um did not settle" if failed else "",
            "requested": values,
            "settings": None if failed else values,
            "distributions": dict.fromkeys(NAMES, _DISTRIBUTION),
            "sampler_attrs": {},
            "intermediate": {},
            "constraints": {} if failed else {"saturated_share": -0.001},
            "objective": bits,
            "ci_low": None if bits is None else bits - 0.1,
            "ci_high": None if bits is None else bits + 0.1,
            "objectives": None if bits is None else {"bits_per_pixel": bits},
            "proposed_at": at,
            "applied_at": at,
            "captured_at": at,
            "estimated_at": at,
            "finished_at": at + timedelta(seconds=30),
            "device_s": 1.0,
            "total_s": 30.0,
            "tags": [],
            "note": "",
            "controller": "scope",
        }


def _settings(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in row["requested"].items():
        yield {
            "trial_id": row["id"],
            "name": name,
            "requested_num": value,
            "requested_text": None,
            "value_num": None if row["settings"] is None else value,
            "value_text": None,
        }


def _estimate(row: dict[str, Any]) -> dict[str, Any]:
    bits = row["objective"]
    return {
        "id": row["id"],
        "trial_id": row["id"],
        "created_at": row["estimated_at"],
        "estimator": "predictive",
        "bits_per_pixel": bits,
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "h_y_nats": 3.0,
        "h_y_given_x_nats": 2.0,
        "n_patches": 1000,
        "n_units": 4,
        "seconds": 0.2,
        "flags": [],
        "per_field_bits": [bits] * 4,
        "details": {"per_field_bits": [bits] * 4, "noise_checked": True},
    }


def _acquisition(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "trial_id": row["id"],
        "path": None,
        "shape": None,
        "dtype": "uint16",
        "n_frames": 8,
        "fields": [0, 1, 2, 3],
        "checksums": ["0" * 64] * 4,
        "exposure_ms": 10.0,
        "saturation_adu": 4095,
    }
