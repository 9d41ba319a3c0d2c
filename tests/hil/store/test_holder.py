"""Processes are told apart by host, number and start."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hil.store.holder import SILENT_AFTER, Holder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ME = Holder.this_process()


def test_this_process_is_alive_and_is_itself_in_any_role() -> None:
    assert ME.pid == os.getpid()
    assert ME.alive(None, NOW)
    assert ME.same_process(replace(ME, role="guardian", session_id="5" * 32))


def test_a_number_used_again_is_another_process_that_is_not_there() -> None:
    before = replace(ME, process_created=ME.process_created - 3600)
    assert not before.same_process(ME)
    assert not before.alive(NOW, NOW)


def test_a_clock_that_was_set_a_little_makes_no_other_process() -> None:
    assert ME.same_process(replace(ME, process_created=ME.process_created + 1))


def test_on_another_host_silence_decides() -> None:
    far = Holder("far away", 1, 1.0)
    assert far.alive(NOW - SILENT_AFTER + timedelta(seconds=1), NOW)
    assert not far.alive(NOW - SILENT_AFTER, NOW)
    assert not far.alive(None, NOW)
