"""Who lives: shown by a lock that the system takes back at the death of its process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hil.locks.life import look, own_token
from hil.locks.progress import Life
from tests.hil.session_bench import wait_for

SHOWS = "from hil.locks.life import own_token\nprint(own_token(), flush=True)\ninput()"


@contextmanager
def process(code: str = SHOWS) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        yield child, child.stdout.readline().strip()


def test_this_process_lives_under_one_mark() -> None:
    assert own_token() == own_token()
    assert look(own_token(), 1) is Life.ALIVE


def test_a_process_that_was_killed_is_dead_before_its_parent_asks() -> None:
    with process() as (child, token):
        assert look(token, child.pid) is Life.ALIVE
        child.kill()
        wait_for(lambda: look(token, child.pid) is Life.DEAD, 10)
        child.wait()
        assert look(token, child.pid) is Life.DEAD


def test_a_process_that_ended_by_itself_leaves_nothing_behind() -> None:
    with process() as (child, token):
        child.communicate("\n")
        assert look(token, child.pid) is Life.UNKNOWN


@pytest.mark.skipif(os.name == "nt", reason="there a child inherits no file by itself")
def test_a_child_that_inherits_the_lock_does_not_make_its_dead_parent_live() -> None:
    """A library that forks workers: they outlive their parent, and hold what it held."""
    code = SHOWS.replace(
        "input()",
        "import os, filelock, time\n"
        "import hil.locks.life as life\n"
        "os.set_inheritable(life._own._lock._context.lock_file_fd, True)\n"
        "import subprocess, sys\n"
        "c = subprocess.Popen([sys.executable, '-c', 'input()'], close_fds=False)\n"
        "print(c.pid, flush=True)\n"
        "input()",
    )
    with process(code) as (child, token):
        assert child.stdout is not None
        assert int(child.stdout.readline()) > 0
        assert look(token, child.pid) is Life.ALIVE
        child.kill()
        wait_for(lambda: look(token, child.pid) is Life.UNKNOWN, 10)
        child.communicate()


def test_without_a_mark_only_a_death_is_sure() -> None:
    with process() as (child, _):
        assert look("", child.pid) is Life.UNKNOWN
    assert look("", child.pid) is Life.DEAD


def test_a_mark_that_is_none_names_no_other_file() -> None:
    assert look("../../etc/passwd", 1) is Life.UNKNOWN
