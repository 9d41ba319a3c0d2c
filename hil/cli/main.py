"""The program ``hil``: its commands, and what it says when something goes wrong."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import threading
from contextlib import suppress
from typing import Annotated

import typer

from hil.cli.screen.interrupts import safe_interrupts
from hil.cli.screen.terminal import safe_output
from hil.errors import HilError
from hil.rig.device_thread import abandoned

# Files of this folder that hold no commands; every other one is a group of them.
_NO_GROUPS = frozenset(
    {"__main__", "again", "main", "options", "progress", "rig_check", "screen", "upkeep"}
)

# A program whose work is done has ended by then.
_END_S = 5.0

app = typer.Typer(
    name="hil",
    help="Find the settings with which an imaging instrument sees most, in bits per pixel.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


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
    with safe_interrupts(to_the_end=program):
        status = run(arguments)
    if abandoned() - before:
        # A device or a database that hangs must not hold up the end; all that can be is done.
        _end_at_once(status)
    if program:  # nor must threads of a device's library that Python would wait for
        end = threading.Timer(_END_S, _end_at_once, (status,))
        end.daemon = True
        end.start()
    sys.exit(status)


def _end_at_once(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def run(arguments: list[str] | None = None) -> int:
    """Run the program; return its exit status. An error is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        # A console on Windows may not know every letter of a device's name.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    with safe_output():
        return _run(arguments)


def _run(arguments: list[str] | None) -> int:
    try:
        status = app(args=arguments, standalone_mode=False)
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
        return _say(
            f"{type(error).__name__}: {error}; this is a defect of hil,"
            " set HIL_DEBUG=1 to see where",
            1,
        )
    return status if isinstance(status, int) else 0


def _say(message: str, status: int) -> int:
    line = " ".join(message.split())
    print(f"error: {line}", file=sys.stderr)
    return status
