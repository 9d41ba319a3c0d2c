"""Where the database and the frames lie, and whether they may lie there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath
from typing import NamedTuple
from urllib.parse import quote

import psutil
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hil.errors import InputError

DEFAULT_URL = "sqlite:///hil.db"
DEFAULT_FRAMES = "hil-frames"

# File systems whose locks and shared memory do not reach from one machine to the next. SQLite's WAL
# needs both (https://sqlite.org/wal.html, "Disadvantages").
NETWORK_FILE_SYSTEMS = frozenset(
    "afpfs afs beegfs ceph cifs davfs fuse.davfs fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs"
    " glusterfs gpfs lustre ncpfs nfs nfs3 nfs4 smb smb2 smb3 smbfs vboxsf webdav".split()
)


class Mount(NamedTuple):
    """The part of psutil's ``sdiskpart`` that is looked at."""

    mountpoint: str
    fstype: str
    opts: str


@dataclass(frozen=True, slots=True)
class Location:
    """A checked database URL with its frames folder.

    Parameters
    ----------
    url
        With driver; may hold a password, so it is printed only through `shown`.
    file
        The SQLite file; None for PostgreSQL.
    frames
        Folder of the frame files.
    """

    url: URL
    file: Path | None
    frames: Path

    @property
    def shown(self) -> str:
        """The URL as it may be printed."""
        return masked(self.url)

    def same_file(self, other: Location) -> bool:
        """Whether both are one SQLite file, whatever links lead to it."""
        if self.file is None or other.file is None:
            return False
        return self.file.exists() and other.file.exists() and self.file.samefile(other.file)


def url_of(file: str | Path) -> str:
    """Write the URL of a SQLite file, whatever its name holds."""
    return f"sqlite:///{quote(str(file), safe='/:~ ')}"


def masked(url: URL) -> str:
    """Write a URL without its secrets, also those in the query part."""
    secrets = [key for key in url.query if re.search("pass|secret", key, re.IGNORECASE)]
    return url.update_query_dict(dict.fromkeys(secrets, "***")).render_as_string(hide_password=True)


def locate(
    url: str | None, frames: Path | None, environ: Mapping[str, str] = os.environ
) -> Location:
    """Complete and check what was given, or not given, for the database and the frames.

    Parameters
    ----------
    url
        ``sqlite:///FILE`` or ``postgresql://...``; None means ``$HIL_DATABASE``, else hil.db here.
    frames
        None means ``$HIL_FRAMES``, else hil-frames beside the SQLite file, else in the folder.

    Raises
    ------
    InputError
        The URL cannot be read, names another kind of database, or a file on a network share.
    """
    where = "--db" if url is not None else "HIL_DATABASE"
    text = url or environ.get("HIL_DATABASE") or DEFAULT_URL
    parsed = _parse(where, text)
    chosen = frames or (Path(environ["HIL_FRAMES"]) if environ.get("HIL_FRAMES") else None)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        try:
            import psycopg  # noqa: F401
        except ImportError as error:
            raise InputError(
                where, "", "PostgreSQL needs: python -m pip install 'hil-imaging[postgres]'"
            ) from error
        parsed = parsed.set(drivername="postgresql+psycopg")
        return Location(parsed, None, _named(chosen or Path(DEFAULT_FRAMES)))
    if backend != "sqlite":
        raise InputError(where, "", f"{backend} is not a database hil can use, allowed: {_FORMS}")
    if not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise InputError(where, "", "a SQLite URL names a file and nothing else: sqlite:///hil.db")
    if "?" in text:  # what follows it, and is no option, would be dropped without a word
        raise InputError(where, "", "a ? ends the name in a URL, write %3F for one in the name")
    file = _named(_home(Path(parsed.database)))
    share = network_share(file)
    if share:
        raise InputError(
            where,
            "",
            f"{file} lies on a network share ({share}), where SQLite loses data;"
            " use a local disk, or PostgreSQL",
        )
    parsed = URL.create("sqlite", database=str(file))
    return Location(parsed, file, _named(chosen or file.parent / DEFAULT_FRAMES))


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise InputError(path, "", "there is no such user, or no home folder") from None


def _named(path: Path) -> Path:
    """Give the whole path, of which a file or a folder may have the name."""
    try:
        path = path.absolute()
    except FileNotFoundError:
        raise InputError(path, "", "the working folder is gone, name a whole path") from None
    try:
        str(path).encode()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except UnicodeEncodeError:
        raise InputError(ascii(str(path)), "", "the name is no text") from None
    except (OSError, ValueError) as error:  # too long, a loop of links, a zero byte
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError(path, "", f"no name to use: {problem}") from None
    return path


_FORMS = "sqlite:///FILE, postgresql://USER@HOST/NAME"


def _parse(where: str, url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        # The text itself is not repeated: it may hold a password.
        raise InputError(where, "", f"not a database URL, allowed: {_FORMS}") from error


def network_share(
    file: Path | PureWindowsPath, mounts: Callable[[], Iterable[Mount]] | None = None
) -> str:
    """Say on what kind of network file system a file would lie; empty if on none.

    Parameters
    ----------
    file
        Absolute path; need not exist.
    mounts
        What is mounted; None asks the operating system.
    """
    if isinstance(file, PureWindowsPath) and file.drive.startswith("\\\\"):
        return "a UNC path"
    path: PurePath = file.resolve() if isinstance(file, Path) else file
    best: Mount | None = None
    for mount in (mounts or _mounts)():
        point = type(path)(mount.mountpoint)
        if path.is_relative_to(point) and (
            # The longest mount point counts, and of equal ones the last, which covers the others.
            best is None or len(point.parts) >= len(type(path)(best.mountpoint).parts)
        ):
            best = mount
    if best is None:
        return ""
    if best.fstype.lower() in NETWORK_FILE_SYSTEMS:
        return best.fstype
    return "remote drive" if "remote" in best.opts.split(",") else ""


def _mounts() -> Iterable[Mount]:
    for part in psutil.disk_partitions(all=True):
        yield Mount(part.mountpoint, part.fstype, part.opts)


def is_there(file: Path) -> bool:
    """Whether there is a file that may be a SQLite database.

    Raises
    ------
    InputError
        What is there is a pipe or a device, at which SQLite would wait without end.
    """
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(file, "", "no ordinary file, so no database")
    return True
