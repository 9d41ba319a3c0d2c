"""optuna-dashboard on a port of this machine, with a session in it and pictures of its frames."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from hil.errors import HilError
from hil.ranking.drift import fit_drift, without_drift
from hil.ranking.leaders import ranked
from hil.report.files.export import times_of
from hil.store import open_database
from hil.web.frame_images import FrameImages
from hil.web.origins import host_is_ours
from hil.web.serving import bound

if TYPE_CHECKING:
    from hil.proposer.dashboard import Application, DashboardStudy
    from hil.store import Database

HOST = "127.0.0.1"
EVERY_S = 5.0
"""Between two looks at a session that may run."""


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
    """Serve a session, to this machine alone, until somebody ends the program.

    Trials that end meanwhile come to it; what it shows of a trial stays as it was then.

    Parameters
    ----------
    session
        An id, a unique beginning of one, or ``"last"``.
    db, frames
        As for `hil.open_database`; both are only read.
    port
        0 for any free one.
    pictures
        Of how many of the best trials a frame is shown: the best when they came.
    say
        Is told the address.
    serving
        Is shown the server before it begins.

    Raises
    ------
    InputError
        There is no such session or database, the port cannot be had, or the extra is missing.
    """
    from hil.proposer.dashboard import DashboardStudy

    with (
        open_database(db, frames=frames, read_only=True) as database,
        tempfile.TemporaryDirectory(prefix="hil-dashboard-", ignore_cleanup_errors=True) as kept,
        bound(HOST, port) as listening,
    ):
        record = database.session(session)
        study = DashboardStudy(f"{record.name} ({record.id[:8]})", record.objectives, Path(kept))
        follower = _Follower(database, record.id, study, pictures)
        follower.look()
        number = int(listening.getsockname()[1])
        with _Server((HOST, number), _Quiet, bind_and_activate=False) as server:
            server.socket.close()
            server.socket = listening
            server.server_name, server.server_port = HOST, number
            server.setup_environ()
            server.set_app(only_ours(study.app))
            serving(server)
            say(f"http://{HOST}:{number}/")
            with follower, suppress(KeyboardInterrupt):
                server.serve_forever(poll_interval=0.1)


class _Follower:
    """Adds a session's trials to the study as they end, on a thread of its own within ``with``."""

    def __init__(
        self, database: Database, session_id: str, study: DashboardStudy, pictures: int
    ) -> None:
        self._database, self._session_id = database, session_id
        self._following = database.following(session_id)
        self._study, self._pictures = study, pictures
        self._images = FrameImages(database, session_id)
        self._scale: tuple[float, float] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hil-dashboard", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Add what has ended since the last look, without the drift that is known by now."""
        seen = self._following.look().rows
        if not self._study.missing(seen):
            return
        rows = without_drift(seen, fit_drift(seen, 0.95))
        new = self._study.missing(rows)
        numbers = {row.number for row in new}
        best = [one.number for one in ranked(rows)[: self._pictures] if one.number in numbers]
        times = times_of(self._database, self._session_id, min(numbers))
        self._study.add(new, times, self._drawn(best))

    def _work(self) -> None:
        while not self._over.wait(EVERY_S):
            # A database that is away comes back; the page shows what it showed last.
            with suppress(HilError):
                self.look()

    def _drawn(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Draw a frame of each of these trials at the grey scale of the first that had one."""
        drawn = {}
        for number in numbers:
            self._scale = self._scale or self._images.scale(number)
            picture = None if self._scale is None else self._images.png(number, *self._scale)
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
