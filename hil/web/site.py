"""What the page answers to which address."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import pandas as pd
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from hil.errors import HilError, InputError, StoreError
from hil.report.plot import KINDS
from hil.web.acting import Messenger, read_form, wish_of
from hil.web.guarding import Guarded, allowed, entered
from hil.web.live_session import LiveSession
from hil.web.paced import Paced
from hil.web.tokens import Allowed, Tokens
from hil.web.writing import STATIC, written

if TYPE_CHECKING:
    from hil.store import Database

T = TypeVar("T")

_PER_PAGE = 100
# Sessions that are kept in memory between two looks.
_FOLLOWED = 8
# Browsers that are told of changes at the same time.
_STREAMS = 64
_LARGEST_NUMBER = 2**31 - 1
_LOOK_S = 1.0
_LOOK_ENDED_S = 10.0
_SIGN_OF_LIFE_S = 15.0


@dataclass
class Site:
    """The pages of one database.

    Parameters
    ----------
    database
        Opened to be read.
    tokens
        Who may look, who may act.
    asked
        Passes wishes on to a session.
    bound
        Address to which the port is bound.
    port
        Its number.
    ending
        Whether the server is about to end, so that nobody is kept waiting.
    """

    database: Database
    tokens: Tokens
    asked: Messenger
    bound: str
    port: int
    ending: Callable[[], bool] = lambda: False
    _followed: OrderedDict[str, LiveSession] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _streams: int = 0

    def __post_init__(self) -> None:
        self._newest = Paced(lambda: self._rows(None), 2.0)
        # Drawing takes seconds: the other threads stay free to answer.
        self._drawing = anyio.CapacityLimiter(4)

    def app(self) -> Guarded:
        """Make the application."""
        look, act = partial(self._answer, Allowed.LOOK), partial(self._answer, Allowed.ACT)
        routes = [
            Route("/", look(self.sessions)),
            Route("/events", look(self.sessions_stream)),
            Route("/token", self._answer(Allowed.NOTHING, self.token), methods=["GET", "POST"]),
            Route("/static/{name}", self._answer(Allowed.NOTHING, self.static)),
            Route("/session/{id}", look(self.session)),
            Route("/session/{id}/events", look(self.session_stream)),
            Route("/session/{id}/frame/{number:int}.png", look(self.frame)),
            Route("/session/{id}/figure/{kind}.svg", look(self.figure)),
            Route("/session/{id}/ask", act(self.ask), methods=["POST"]),
        ]
        missing: Any = self._missing
        handlers = {404: missing, 405: missing, Exception: self._broken}
        app = Starlette(routes=routes, exception_handlers=handlers)
        return Guarded(app, self.bound)

    # --- pages ----------------------------------------------------------------------------------

    async def sessions(self, request: Request) -> Response:
        """List sessions, a hundred a page."""
        after = request.query_params.get("after")
        rows = await _aside(self._newest if after is None else lambda: self._rows(after))
        return self._page(
            "sessions",
            "Sessions",
            rows=rows[:_PER_PAGE],
            older=rows[_PER_PAGE - 1]["id"] if len(rows) > _PER_PAGE else "",
            back=after is not None,
            stream="/events" if after is None else "",
        )

    async def session(self, request: Request) -> Response:
        """Show one session."""
        live = await self._live(request)
        if request.path_params["id"] != live.session_id:
            # The last one will be another: the page stays with the one that it shows.
            return Response(status_code=303, headers={"location": f"/session/{live.session_id}"})
        seen = await _aside(live.look)
        return self._page(
            "session",
            seen.record.name,
            seen=seen,
            may_act=allowed(request, self.tokens, self.port) is Allowed.ACT,
            stream=f"/session/{live.session_id}/events",
        )

    async def frame(self, request: Request) -> Response:
        """Draw a frame between two grey values."""
        live = await self._live(request)
        try:
            low, high = (float(request.query_params[name]) for name in ("low", "high"))
            if not (math.isfinite(low) and math.isfinite(high)):
                raise ValueError
        except (KeyError, ValueError):
            raise InputError("frame", "", "low and high are numbers, ADU") from None
        number = request.path_params["number"]
        if number > _LARGEST_NUMBER:
            raise InputError("frame", "", "there is no trial of that number")
        png = await _aside(lambda: live.images.png(number, low, high))
        if png is None:
            raise InputError("frame", str(number), "not kept")
        return Response(png, media_type="image/png")

    async def figure(self, request: Request) -> Response:
        """Draw a figure of the report."""
        live = await self._live(request)
        kind = request.path_params["kind"]
        if kind not in KINDS:
            raise InputError("figure", kind, "unknown")
        drawn = await _aside(lambda: live.figures.draw(kind), self._drawing)
        return Response(drawn, media_type="image/svg+xml")

    async def static(self, request: Request) -> Response:
        """Give the style sheet or the script."""
        name = request.path_params["name"]
        if name not in STATIC:
            raise InputError("page", name, "there is none of that name")
        path, kind = STATIC[name]
        return Response(path.read_bytes(), media_type=kind)

    async def token(self, request: Request) -> Response:
        """Ask for a token, and take it."""
        if request.method == "GET":
            said = "The token that hil watch printed, or that you were given:"
            return self._page("said", "Token", said=said, ask_token=True)
        given = (await read_form(request)).get("token", "").strip()
        if not self.tokens.knows(given):
            return self._refused("The token is wrong.", 403)
        return entered("/", given, self.port)

    async def ask(self, request: Request) -> Response:
        """Ask something of a running session."""
        live = await self._live(request)
        plain = "text/plain" in request.headers.get("accept", "")
        try:
            wish, trial = wish_of(await read_form(request))
            said = await _aside(lambda: self.asked(live.session_id, wish, trial))
            live.look.soon()
            status = 200
        except HilError as error:
            said, status = f"Not asked: {error}", 503 if isinstance(error, StoreError) else 409
        if plain:
            return PlainTextResponse(said, status)
        if status != 200:
            return self._said("Not asked", said, status)
        return Response(status_code=303, headers={"location": f"/session/{live.session_id}"})

    # --- streams --------------------------------------------------------------------------------

    async def sessions_stream(self, request: Request) -> Response:
        """Tell when the list has changed."""

        def digest() -> tuple[str, float]:
            return str(hash(repr(self._newest()))), 2 * _LOOK_S

        return self._stream(digest)

    async def session_stream(self, request: Request) -> Response:
        """Tell when a session has changed."""
        live = await self._live(request)

        def digest() -> tuple[str, float]:
            seen = live.look()
            return seen.digest, _LOOK_ENDED_S if seen.ended else _LOOK_S

        return self._stream(digest)

    def _stream(self, digest: Callable[[], tuple[str, float]]) -> Response:
        if self._streams >= _STREAMS:
            return PlainTextResponse("too many browsers follow this page", 503)

        async def told() -> AsyncIterator[str]:
            self._streams += 1
            last, silent_s = "", 0.0
            try:
                yield "retry: 3000\n\n"
                while not self.ending():
                    try:
                        now, wait_s = await _aside(digest)
                    except HilError:
                        now, wait_s = "away", _LOOK_S  # the page itself says what is wrong
                    if now != last:
                        yield f"data: {now}\n\n"
                        last, silent_s = now, 0.0
                    elif silent_s >= _SIGN_OF_LIFE_S:
                        yield ": nothing new\n\n"
                        silent_s = 0.0
                    silent_s += wait_s
                    for _ in range(round(wait_s / 0.25)):
                        if self.ending():
                            break
                        await asyncio.sleep(0.25)
            finally:
                self._streams -= 1

        return StreamingResponse(told(), media_type="text/event-stream")

    # --- within ---------------------------------------------------------------------------------

    def _answer(
        self, needed: Allowed, page: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            given = request.query_params.get("token")
            if given is not None and request.method == "GET":
                if not self.tokens.knows(given):
                    return self._refused("The token is wrong.", 403)
                return entered(request.url.path, given, self.port)
            if allowed(request, self.tokens, self.port) < needed:
                why = (
                    "This page needs a token."
                    if needed is Allowed.LOOK
                    else ("That needs a token which allows to act.")
                )
                return self._refused(why, 401 if needed is Allowed.LOOK else 403)
            try:
                return await page(request)
            except InputError as error:
                return self._said("Not there", str(error), 404)
            except HilError as error:
                return self._said("Not to be read", str(error), 503)

        return answer

    async def _live(self, request: Request) -> LiveSession:
        key = request.path_params["id"]
        with self._guard:
            if key in self._followed:
                self._followed.move_to_end(key)
                return self._followed[key]
        made = await _aside(lambda: LiveSession(self.database, self.database.session_id(key)))
        with self._guard:
            made = self._followed.setdefault(made.session_id, made)
            while len(self._followed) > _FOLLOWED:
                self._followed.popitem(last=False)
        return made

    def _rows(self, after: str | None) -> list[dict[str, Any]]:
        table = self.database.sessions(limit=_PER_PAGE + 1, after=after)
        return [
            {
                "id": row["session_id"],
                "name": row["name"],
                "rig": row["rig"],
                "state": row["state"],
                "n_trials": row["n_trials"],
                "n_complete": row["n_complete"],
                "best": _best(row["best"], row["best_low"], row["best_high"]),
                "began": f"{row['created_at']:%Y-%m-%d %H:%M:%S}",
                "tags": ", ".join(row["tags"]),
            }
            for row in table.to_dict("records")
        ]

    async def _missing(self, request: Request, error: Exception) -> Response:
        return self._said("Not there", "There is no such page.", getattr(error, "status_code", 404))

    async def _broken(self, request: Request, error: Exception) -> Response:
        # What it says may hold a path or a value: it stays here.
        return self._said("Broken", f"{type(error).__name__}: this is a defect of hil.", 500)

    def _refused(self, said: str, status: int) -> Response:
        return self._page("said", "Token", status, said=said, ask_token=True, back=False)

    def _said(self, heading: str, said: str, status: int) -> Response:
        return self._page("said", heading, status, said=said, ask_token=False)

    def _page(self, template: str, heading: str, status: int = 200, **values: Any) -> Response:
        text = written(template, heading=heading, database=self.database.url, **values)
        return HTMLResponse(text, status)


def _best(value: Any, low: Any, high: Any) -> str:
    if pd.isna(value):
        return ""
    between = "" if pd.isna(low) or pd.isna(high) else f" ({low:.4g} to {high:.4g})"
    return f"{value:.4g}{between}"


async def _aside(work: Callable[[], T], limiter: anyio.CapacityLimiter | None = None) -> T:
    """Run what waits for the database or draws on a thread."""
    return await anyio.to_thread.run_sync(work, limiter=limiter)
