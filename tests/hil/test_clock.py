"""The computer's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hil.clock import SystemClock


def test_now_is_utc_with_its_zone() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)


def test_seconds_never_run_backwards() -> None:
    clock = SystemClock()
    read = [clock.monotonic() for _ in range(100)]
    assert read == sorted(read)
