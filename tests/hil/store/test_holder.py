"""Processes are told apart by host, number and a mark of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from hil.locks.progress import Life
from hil.store.holder import Holder

ME = Holder.this_process()


def test_this_process_is_alive_and_is_itself_in_any_role() -> None:
    assert ME.pid == os.getpid()
    assert ME.life() is Life.ALIVE
    assert ME.same_process(replace(ME, role="guardian", session_id="5" * 32))
    assert ME.same_process(Holder.this_process("guardian"))


def test_a_boot_time_that_reads_otherwise_makes_no_other_process() -> None:
    for shift_s in (-3600.0, -30.0, 30.0, 3600.0):
        read = replace(ME, process_created=ME.process_created + shift_s)
        assert read.same_process(ME)
        assert read.life() is Life.ALIVE


def test_a_number_used_again_is_another_process_with_another_mark() -> None:
    before = replace(ME, token="f" * 32)
    assert not before.same_process(ME)
    assert before.life() is Life.UNKNOWN


def test_of_who_left_no_mark_only_the_death_is_known() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        child = Holder(ME.host, process.pid, 1.0)
        assert child.life() is Life.UNKNOWN
    assert child.life() is Life.DEAD


def test_of_another_host_nothing_is_known_here() -> None:
    assert replace(ME, host="far away").life() is Life.UNKNOWN
