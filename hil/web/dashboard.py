"""optuna-dashboard on a port of this machine, with a session in it and pictures of its frames."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from hil.ranking.drift import without_drift
from hil.ranking.leaders import ranked
from hil.report.export import times_of
from hil.store import open_database
from hil.web.frame_images import FrameImages
from hil.web.origins import host_is_ours
from hil.web.serving import bound

if TYPE_CHECKING:
    from hil.proposer.dashboard import Application
    from hil.store import Database

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a line a request is of no use to anybody."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve_dashboard(
    session: str,
    *,
    db: str | None,
    frames: Path | None,
    port: int,
    pictures: int,
    say: Callable[[str], None],
    serving: Callable[[WSGIServer], None] = lambda server: None,
) -> None:
    """Serve a session as it is now, to this machine alone, until somebody ends the program.

    Parameters
    ----------
    session
        An id, a unique beginning of one, or ``"last"``.
    db, frames
        As for `hil.open_database`; both are only read.
    port
        0 for any free one.
    pictures
        Of how many of the best trials a frame is shown.
    say
        Is told the address.
    serving
        Is shown the server before it begins.

    Raises
    ------
    InputError
        There is no such session or database, the port cannot be had, or the extra is missing.
    """
    from hil.proposer.dashboard import dashboard_app

    with (
        open_database(db, frames=frames, read_only=True) as database,
        tempfile.TemporaryDirectory(prefix="hil-dashboard-", ignore_cleanup_errors=True) as kept,
        bound(HOST, port) as listening,
    ):
        record = database.session(session)
        rows = without_drift(database.rows(record.id), database.drift(record.id))
        numbers = [best.number for best in ranked(rows)[:pictures]]
        app = dashboard_app(
            f"{record.name} ({record.id[:8]})",
            rows,
            record.objectives,
            times_of(database, record.id),
            frames_of(database, record.id, numbers),
            Path(kept),
        )
        number = int(listening.getsockname()[1])
        with _Server((HOST, number), _Quiet, bind_and_activate=False) as server:
            server.socket.close()
            server.socket = listening
            server.server_name, server.server_port = HOST, number
            server.setup_environ()
            server.set_app(only_ours(app))
            serving(server)
            say(f"http://{HOST}:{number}/")
            with suppress(KeyboardInterrupt):
                server.serve_forever(poll_interval=0.1)


def frames_of(database: Database, session: str, numbers: list[int]) -> Mapping[int, bytes]:
    """Draw a frame of each of these trials at the grey scale of the first that has one."""
    images = FrameImages(database, session)
    scale, drawn = None, {}
    for number in numbers:
        scale = scale or images.scale(number)
        picture = None if scale is None else images.png(number, *scale)
        if picture is not None:
            drawn[number] = picture
    return drawn


def only_ours(app: Application) -> Application:
    """Refuse what is asked for under another name than this machine's, by pages from elsewhere."""

    def guarded(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if host_is_ours(environ.get("HTTP_HOST", ""), HOST):
            return app(environ, start)
        status = HTTPStatus.FORBIDDEN
        start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain")])
        return [b"asked for under a name that is not this machine's\n"]

    return guarded
