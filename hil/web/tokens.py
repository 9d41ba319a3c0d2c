"""Who may look and who may act: tokens, and what a request shows of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import IntEnum

from hil.errors import InputError

# What nobody guesses in the life of a page, with some thousand tries a second.
SHORTEST = 16


class Allowed(IntEnum):
    """What a request may do."""

    NOTHING = 0
    LOOK = 1
    ACT = 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """The two words that open the page.

    Parameters
    ----------
    act
        Allows to look, to pause, to stop and all the rest.
    look
        Allows to look; None where there is none such.
    open_to_look
        Whether looking needs no token: where nobody but this machine reaches the page.
    """

    act: str
    look: str | None = None
    open_to_look: bool = True

    def allowed(self, given: str | None) -> Allowed:
        """Tell what a token allows; None for no token at all."""
        if given is not None and _same(given, self.act):
            return Allowed.ACT
        if given is not None and self.look is not None and _same(given, self.look):
            return Allowed.LOOK
        return Allowed.LOOK if self.open_to_look else Allowed.NOTHING

    def knows(self, given: str) -> bool:
        """Whether it is a token of this page."""
        return _same(given, self.act) or (self.look is not None and _same(given, self.look))


def tokens_for(act: str | None, look: str | None, *, loopback: bool) -> Tokens:
    """Check the tokens that a person chose, and make one where that is safe.

    Raises
    ------
    InputError
        One is too short, both are the same, or others would reach the page without any.
    """
    for option, token in (("--token", act), ("--look-token", look)):
        if token is not None and (len(token) < SHORTEST or not token.isascii() or " " in token):
            raise InputError(
                option, "", f"allowed: {SHORTEST} or more letters, digits and signs, no blanks"
            )
    if act is not None and act == look:
        raise InputError("--look-token", "", "the same as --token: who may look could act")
    if not loopback and act is None and look is None:
        raise InputError(
            "--host",
            "",
            "others reach the page with a token only: give --token or --look-token, or set"
            f" HIL_WATCH_TOKEN, to {SHORTEST} or more letters, for example"
            f" {secrets.token_urlsafe(18)}",
        )
    return Tokens(act or secrets.token_urlsafe(24), look, open_to_look=loopback)


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode(), known.encode())
