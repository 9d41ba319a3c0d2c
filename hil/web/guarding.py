"""What stands before every page: its name is ours, posts are the page's own, headers close it."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hil.web.origins import host_is_ours, posted_by_the_page
from hil.web.tokens import Allowed, Tokens

_HEADERS = {
    # Nothing comes from elsewhere, nothing inline runs, and no page of others shows this one.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # posts say where they come from, and nobody else hears of it
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
# A picture styles itself; where it is opened as a page, nothing in it runs.
_OF_PICTURES = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


class Guarded:
    """An application behind the guard.

    Parameters
    ----------
    app
        What answers.
    bound
        Address to which the port is bound.
    """

    def __init__(self, app: ASGIApp, bound: str) -> None:
        self._app = app
        self._bound = bound

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)

        async def closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    given[name] = value
                if given.get("content-type", "").startswith("image/svg"):
                    given["content-security-policy"] = _OF_PICTURES
            await send(message)

        refused = ""
        if not host_is_ours(headers.get("host", ""), self._bound):
            refused = "The page was asked for under a name that is not its own."
        elif scope["method"] not in ("GET", "HEAD") and not posted_by_the_page(headers):
            refused = "That was not posted by this page."
        if refused:
            await PlainTextResponse(refused, 403)(scope, receive, closed)
        else:
            await self._app(scope, receive, closed)


def allowed(request: Request, tokens: Tokens, port: int) -> Allowed:
    """Tell what a request may do, by the token that it carries as a cookie."""
    return tokens.allowed(request.cookies.get(_cookie(port)))


def entered(path: str, token: str, port: int) -> Response:
    """Keep a token in the browser, and go on without it in the address."""
    # Two slashes would name another server.
    response = RedirectResponse("/" + path.lstrip("/\\"), 303)
    response.set_cookie(_cookie(port), token, httponly=True, samesite="lax")
    return response


def _cookie(port: int) -> str:
    # Browsers keep cookies by name of the machine, not by port.
    return f"hil_watch_{port}"
