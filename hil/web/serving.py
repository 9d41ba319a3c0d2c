"""The port, and the server behind it, at the lowest priority."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import uvicorn

from hil.errors import InputError
from hil.store import open_database
from hil.web.acting import Messenger
from hil.web.origins import is_loopback
from hil.web.site import Site
from hil.web.tokens import tokens_for


def serve(
    session: str | None,
    *,
    db: str | None,
    frames: Path | None,
    host: str,
    port: int,
    token: str | None,
    look_token: str | None,
    say: Callable[[str], None],
) -> None:
    """Serve the pages of a database until somebody ends the program.

    Parameters
    ----------
    session
        Whose page is named; None for the list of all.
    db, frames
        As for `hil.open_database`.
    host, port
        Address to bind to; 0 for any free port.
    token, look_token
        Words that allow to act and to look; None makes one, where only this machine comes in.
    say
        Is told the address.

    Raises
    ------
    InputError
        There is no such session or database, the address or port cannot be had, or a token is bad.
    """
    tokens = tokens_for(token, look_token, loopback=is_loopback(host))
    with open_database(db, frames=frames, read_only=True) as database:
        path = "" if session is None else f"session/{database.session_id(session)}"
        with bound(host, port) as listening:
            number = int(listening.getsockname()[1])
            _step_back()
            name = f"[{host}]" if ":" in host else host
            if name in ("0.0.0.0", "[::]"):
                name = socket.gethostname()
            base = f"http://{name}:{number}/{path}"
            if token is None:
                say(f"{base}?token={tokens.act}" if tokens.open_to_look else base)
            else:
                say(f"{base} (with the token)")
            site = Site(database, tokens, Messenger(db, frames), host, number)
            server = uvicorn.Server(
                uvicorn.Config(
                    site.app(),
                    log_level="critical",
                    access_log=False,  # addresses may hold a token
                    lifespan="off",
                    ws="none",
                    http="h11",
                    server_header=False,
                    proxy_headers=False,
                    timeout_graceful_shutdown=2,
                )
            )
            site.ending = lambda: server.should_exit
            with suppress(KeyboardInterrupt):
                server.run(sockets=[listening])


def bound(host: str, port: int) -> socket.socket:
    """Open a port.

    Raises
    ------
    InputError
        It is in use, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        raise InputError("--host", host, "no address of this machine, try 127.0.0.1") from None
    listening = socket.socket(family, kind, protocol)
    try:
        # Of a server that has just ended, the port is to be had at once; on Windows that word means
        # that two programs may have it.
        if os.name != "nt":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise _why_not(host, port, error) from None
    return listening


def _why_not(host: str, port: int, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        return InputError(
            "--port", str(port), "in use by another program; another one, or 0 for any that is free"
        )
    if error.errno == errno.EACCES:
        return InputError("--port", str(port), "not allowed here; try one above 1023")
    return InputError("--host", host, f"cannot be listened on: {error.strerror}")


def _step_back() -> None:
    """Let every other program go first: a run on this machine is not to wait for a page."""
    with suppress(psutil.Error, OSError):
        process = psutil.Process()
        below_normal = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", None)  # on Windows
        process.nice(below_normal or max(process.nice(), 15))
