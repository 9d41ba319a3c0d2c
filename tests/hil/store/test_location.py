"""Where databases may lie, and what is said of those that may not."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

import pytest

from hil.errors import InputError
from hil.store.location import Mount, is_there, locate, network_share, url_of


class Refused(NamedTuple):
    name: str
    url: str
    problem: str


REFUSED = (
    Refused("no URL at all", "hil.db", "not a database URL"),
    Refused("another kind", "mysql://u@h/n", "mysql is not a database hil can use"),
    Refused("no file", "sqlite://", "a SQLite URL names a file"),
    Refused("in memory", "sqlite:///:memory:", "a SQLite URL names a file"),
    Refused("options", "sqlite:///a.db?mode=ro", "a SQLite URL names a file"),
    Refused("a question mark", "sqlite:///night?.db", "write %3F"),
    Refused("one in a folder", "sqlite:///Is it dark?/hil.db", "write %3F"),
    Refused("nobody's home", "sqlite:///~nobody-at-all/hil.db", "no such user"),
    Refused("a zero byte", "sqlite:///a\0b.db", "no name to use"),
    Refused("no text", "sqlite:///a\udcffb.db", "the name is no text"),
    Refused("broken", "postgresql://u:geheim@h:port/n", "not a database URL"),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_wrong_url_is_refused_without_repeating_it(case: Refused) -> None:
    with pytest.raises(InputError) as caught:
        locate(case.url, None, {})
    assert case.problem in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_defaults_come_from_the_environment_then_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate(None, None, {}).file == tmp_path / "hil.db"
    assert locate(None, None, {}).frames == tmp_path / "hil-frames"
    environ = {"HIL_DATABASE": "sqlite:///other/x.db", "HIL_FRAMES": "pictures"}
    assert locate(None, None, environ).file == tmp_path / "other" / "x.db"
    assert locate(None, None, environ).frames == tmp_path / "pictures"
    assert locate("sqlite:///y.db", tmp_path / "f", environ).frames == tmp_path / "f"
    other = {"HIL_DATABASE": "sqlite:///other/x.db"}
    assert locate(None, None, other).frames == tmp_path / "other" / "hil-frames"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:geheim@host/lab",
        "postgresql://ada@host/lab?password=geheim",
        "postgresql://ada@host/lab?sslpassword=geheim",
    ],
)
def test_passwords_are_not_shown(url: str) -> None:
    location = locate(url, None, {})
    assert "geheim" not in location.shown
    assert "ada" in location.shown
    assert location.file is None


class Share(NamedTuple):
    name: str
    path: Path | PureWindowsPath
    mounts: tuple[Mount, ...]
    kind: str


def _posix(fstype: str) -> tuple[Mount, ...]:
    root = Path(Path.cwd().anchor)
    return (
        Mount(str(root), "ext4", "rw"),
        Mount(str(root / "data"), fstype, "rw"),
        Mount(str(root / "data" / "local"), "xfs", "rw"),
    )


_ROOT = Path(Path.cwd().anchor)
SHARES = (
    Share("local disk", _ROOT / "home" / "a.db", _posix("nfs4"), ""),
    Share("nfs", _ROOT / "data" / "a.db", _posix("nfs4"), "nfs4"),
    Share("smb", _ROOT / "data" / "x" / "a.db", _posix("cifs"), "cifs"),
    Share("local disk inside a share", _ROOT / "data" / "local" / "a.db", _posix("nfs"), ""),
    Share("name that only begins alike", _ROOT / "database" / "a.db", _posix("nfs"), ""),
    Share("mounted over", _ROOT / "a.db", (Mount(str(_ROOT), "nfs", ""), *_posix("nfs")), ""),
    Share("UNC path", PureWindowsPath(r"\\server\lab\a.db"), (), "a UNC path"),
    Share(
        "mapped drive",
        PureWindowsPath(r"Z:\a.db"),
        (Mount("C:\\", "NTFS", "rw,fixed"), Mount("Z:\\", "", "rw,remote")),
        "remote drive",
    ),
    Share(
        "fixed drive",
        PureWindowsPath(r"C:\a.db"),
        (Mount("C:\\", "NTFS", "rw,fixed"), Mount("Z:\\", "", "rw,remote")),
        "",
    ),
)


@pytest.mark.parametrize("case", SHARES, ids=lambda case: case.name)
def test_network_shares_are_seen(case: Share) -> None:
    assert network_share(case.path, lambda: case.mounts) == case.kind


def test_a_database_on_a_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Mount(tmp_path.anchor, "ext4", "rw")
    share = Mount(str(tmp_path.resolve()), "nfs4", "rw")
    monkeypatch.setattr("hil.store.location._mounts", lambda: (root, share))
    with pytest.raises(InputError, match=r"network share \(nfs4\)"):
        locate(f"sqlite:///{tmp_path / 'hil.db'}", None, {})


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that is worked in")
def test_a_working_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match=r"hil\.db: the working folder is gone, name a whole path"):
        locate(None, None, {})
    assert locate(f"sqlite:///{tmp_path / 'a.db'}", None, {}).frames == tmp_path / "hil-frames"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there, and names are others")
@pytest.mark.parametrize(("name", "problem"), [("x" * 300, "too long"), ("loop", "symbolic links")])
def test_a_name_that_no_file_can_have_is_one_line(name: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for url, frames in ((tmp_path / name, None), (tmp_path / "hil.db", tmp_path / name)):
        with pytest.raises(InputError, match=problem):
            locate(f"sqlite:///{url}", frames)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has none")
def test_a_pipe_is_no_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    assert [is_there(tmp_path / name) for name in ("file", "none", "file/below")] == [
        True,
        False,
        False,
    ]
    with pytest.raises(InputError, match="no ordinary file"):
        is_there(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///night%3F.db", "night?.db"),
        ("sqlite:///night%23 ü%25.db", "night# ü%.db"),
        ("sqlite:///night#1.db", "night#1.db"),
    ],
)
def test_names_may_hold_what_a_url_writes_otherwise(url: str, name: str) -> None:
    located = locate(url, None, {})
    assert located.file is not None
    assert located.file.name == name
    assert located.url.database == str(located.file)


@pytest.mark.parametrize("name", ["plain.db", "a b.db", "is it?.db", "50%25.db", "#1 ü+&=\\.db"])
def test_a_file_has_a_url_whatever_its_name(tmp_path: Path, name: str) -> None:
    assert locate(url_of(tmp_path / name), None, {}).file == tmp_path / name
