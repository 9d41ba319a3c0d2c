"""The program ``hil``: its commands, and what it says when something goes wrong."""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import os
import pkgutil
import sys
import threading
from contextlib import suppress
from itertools import pairwise
from typing import Annotated, Any, TextIO

import typer
import typer.main
import typer.models

from hil.cli.screen.asking import say_line
from hil.cli.screen.interrupts import safe_interrupts
from hil.cli.screen.terminal import safe_output
from hil.cli.screen.unread import say
from hil.errors import HilError
from hil.rig.device_thread import abandoned
from hil.waits.waits import WAITS

# Files of this folder that hold no commands; every other one is a group of them.
_NO_GROUPS = frozenset(
    {"__main__", "again", "main", "options", "progress", "rig_check", "screen", "upkeep"}
)

_BETWEEN_COLLECTIONS = 50_000  # objects made since the last one; Python's own 700 suits scripts

_COMPLETES = "_HIL_COMPLETE"  # set by a shell that asks what could follow
_LOOK: dict[str, Any] = {
    "name": "hil",
    "help": "Find the settings with which an imaging instrument sees most, in bits per pixel.",
    "no_args_is_help": True,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}
# What a disk, a folder or the system refuses is no defect of the program that asks.
_OF_THE_SYSTEM = frozenset(
    getattr(errno, name)
    for name in (
        "ENOSPC", "EDQUOT", "EROFS", "EFBIG", "EIO", "EACCES", "EPERM", "ENAMETOOLONG", "ELOOP",
        "EISDIR", "ENOTDIR", "ENOENT", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "ESTALE",
    )
    if hasattr(errno, name)
)  # fmt: skip
# A program whose work is done has ended by then.
_END_S = 5.0
# A name that no file can have is wrong input, wherever it is first used.
_OF_A_NAME = frozenset({errno.ENAMETOOLONG, errno.ELOOP})
_STATUS: list[int] = []  # of a program whose work is done

app = typer.Typer(**_LOOK)


def _register_groups() -> None:
    """Add the commands of each group: a file of this folder with ``register`` and ``PLACE``.

    The lower its place, the nearer to the top of the help.
    """
    folder = importlib.import_module("hil.cli").__path__
    names = sorted({module.name for module in pkgutil.iter_modules(folder)} - _NO_GROUPS)
    groups = [importlib.import_module(f"hil.cli.{name}") for name in names]
    for group in sorted(groups, key=lambda group: int(group.PLACE)):
        group.register(app)


_register_groups()


def _version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        typer.echo(importlib.metadata.version("hil-imaging"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit.

    0 done, 1 the work failed, 2 the input is wrong, 3 the rig is held by another, 130 interrupted.
    """
    before = abandoned()  # by whoever calls this as a function
    program = arguments is None
    # Half of what a short command takes would be the search for garbage among the classes and
    # functions of libraries, while they load and once more when all of it ends.
    gc.set_threshold(_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    with safe_interrupts(to_the_end=program):
        status = run(arguments)
    gc.freeze()
    if abandoned() - before:
        # A device or a database that hangs must not hold up the end; all that can be is done.
        _end_at_once(status)
    if program:  # nor must threads of a device's library that Python would wait for
        end = threading.Timer(_END_S, _end_at_once, (status,))
        end.daemon = True
        end.start()
        _STATUS.append(status)
    sys.exit(status)


@atexit.register  # before libraries do: what is registered first is called last
def _end_before_python_does() -> None:
    """End a program before Python takes itself apart.

    A thread that comes back from a library of C++ after that aborts the process, with all done.
    """
    if _STATUS:
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)
        os._exit(_STATUS[-1])


def _end_at_once(status: int) -> None:
    # Where nobody reads, this does not come to an end.
    streams = (sys.stdout, sys.stderr)
    threads = [threading.Thread(target=_flush, args=(s,), daemon=True) for s in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(1.0)
    os._exit(status)


def _flush(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        stream.flush()


def run(arguments: list[str] | None = None) -> int:
    """Run the program; return its exit status. An error is one line on standard error."""
    _have_streams()
    for stream in (sys.stdout, sys.stderr):
        # A console on Windows may not know every letter of a device's name.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    with safe_output(), WAITS.told_to(say_line):
        return _run(arguments)


def _have_streams() -> None:
    """Have streams that lead nowhere where the process was begun without; the numbers are taken."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def _run(arguments: list[str] | None) -> int:
    try:
        status = _with_only(arguments)(args=arguments, standalone_mode=False)
    except HilError as error:
        return _say(str(error), error.exit_status)
    except typer.TyperException as error:
        told = getattr(error, "format_message", None)
        return _say(told() if told else str(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", 130)
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("HIL_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in _OF_THE_SYSTEM:
            where = f"{error.filename}: " if error.filename else ""
            status = 2 if error.errno in _OF_A_NAME else 1
            return _say(f"{where}{error.strerror or error}", status)
        if told := _damage(arguments, error):
            return _say(told, 2)
        return _say(
            f"{type(error).__name__}: {error}; this is a defect of hil,"
            " set HIL_DEBUG=1 to see where",
            1,
        )
    return status if isinstance(status, int) else 0


def _damage(arguments: list[str] | None, error: Exception) -> str:
    """Tell an error that comes of a row that somebody has changed as that; empty if there is none.

    Who has the database open does so; what was read of it may be used later.
    """
    words = sys.argv[1:] if arguments is None else arguments
    urls = [word.removeprefix("--db=") for word in words if word.startswith("--db=")]
    urls += [url for word, url in pairwise(words) if word == "--db"]
    from hil.store import database_exists, open_database

    url = urls[-1] if urls else None
    try:
        if database_exists(url):
            with open_database(url, read_only=True) as database:
                database.raise_damage(error)
    except HilError as told:
        return str(told) if told.exit_status == 2 else ""
    return ""


def _with_only(arguments: list[str] | None) -> typer.Typer:
    """Give the program with the one command that is asked for: building all of them takes long.

    Where no command of it is named, for help, a misspelling or a shell that completes, all of it.
    """
    words = sys.argv[1:] if arguments is None else arguments
    word = words[0] if words and _COMPLETES not in os.environ else ""
    commands = [one for one in app.registered_commands if _name(one) == word]
    groups = [one for one in app.registered_groups if one.name == word]
    if not word or len(commands) + len(groups) != 1:
        return app
    only = typer.Typer(**_LOOK)
    only.registered_callback = app.registered_callback
    only.registered_commands, only.registered_groups = commands, groups
    return only


def _name(command: typer.models.CommandInfo) -> str:
    if command.name or command.callback is None:
        return command.name or ""
    return typer.main.get_command_name(command.callback.__name__)


def _say(message: str, status: int) -> int:
    line = " ".join(message.split())
    say(f"error: {line}\n", sys.stderr)
    return status
