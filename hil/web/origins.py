"""Whether a request comes from the page itself: against pages elsewhere that post to this one."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_is_ours(header: str, bound: str) -> bool:
    """Whether the name under which the page was asked for is one of its own.

    A page of somebody else whose name was made to lead to this machine is asked under that name.

    Parameters
    ----------
    header
        The ``Host`` header.
    bound
        Address to which the page is bound. Where others reach it, it has names that are not known
        here, and the token decides.
    """
    if not is_loopback(bound):
        return True
    name = _name(header)
    return name == bound.lower() or name in _LOCAL_NAMES or is_loopback(name)


def posted_by_the_page(headers: Mapping[str, str]) -> bool:
    """Whether a post comes from a page of this very address: scheme, name and port."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc == headers.get("host")


def _name(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""
