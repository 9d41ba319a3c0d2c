"""What a person named may be anything: it is read to a bound, or refused in plain words."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from drivers import given
from drivers.given import given_bytes, given_text, ordinary_file

POSIX = pytest.mark.skipif(os.name == "nt", reason="no such files on Windows")


def refused(path: Path) -> list[str]:
    said = []
    for read in (ordinary_file, given_bytes):
        with pytest.raises(OSError) as error:
            read(path)
        said.append(str(error.value.strerror))
    return said


def test_a_file_is_read_whole_and_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfname = 1\n")
    assert ordinary_file(path) == path
    assert given_bytes(path)[:3] == b"\xef\xbb\xbf"
    assert given_text(path) == "name = 1\n"


def test_what_is_no_file_is_refused_in_words(tmp_path: Path) -> None:
    assert refused(tmp_path) == ["is a folder, allowed: an ordinary file"] * 2
    assert all("o such file" in said for said in refused(tmp_path / "none"))
    assert all("no name of a file" in said for said in refused(tmp_path / "a\0b"))


@POSIX
def test_a_name_that_no_file_can_have_is_refused_in_words(tmp_path: Path) -> None:
    assert refused(tmp_path / ("x" * 5000)) == ["File name too long"] * 2


@POSIX
def test_devices_and_sockets_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(Path("/dev/zero")) == ["is a device, allowed: an ordinary file"] * 2
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listens:
        listens.bind("s")
        assert refused(Path("s")) == ["is a socket, allowed: an ordinary file"] * 2


def test_more_than_the_bound_is_not_held(tmp_path: Path) -> None:
    path, n = tmp_path / "large.toml", 17 << 20
    with path.open("wb") as file:
        file.truncate(n)  # takes no room where the file system knows holes
    with pytest.raises(OSError, match="17 MiB, allowed: up to 16 MiB"):
        given_bytes(path)
    with pytest.raises(OSError, match="allowed: up to 16 MiB"):
        ordinary_file(path, given.MOST_TEXT_BYTES)
    assert ordinary_file(path) == path


@POSIX
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "PIPE_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    began_s = time.monotonic()
    said = refused(tmp_path / "pipe")
    assert time.monotonic() - began_s < 5
    assert said[0] == "is a pipe, allowed: an ordinary file"
    assert "nobody wrote to its end within 0.1 s" in said[1]


@POSIX
def test_a_writer_that_never_ends_fills_no_memory(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    code = f"f = open({str(tmp_path / 'pipe')!r}, 'wb')\nwhile True: f.write(bytes(1 << 16))"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as writer:
        with pytest.raises(OSError, match="allowed: up to 1 MiB"):
            given_bytes(tmp_path / "pipe", 1 << 20)
        writer.kill()


@POSIX
def test_what_another_program_writes_to_a_pipe_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Timer(0.05, (tmp_path / "pipe").write_bytes, (b"x" * 300_000,))
    writer.start()
    assert given_bytes(tmp_path / "pipe") == b"x" * 300_000
    writer.join()
