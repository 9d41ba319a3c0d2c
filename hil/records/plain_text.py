r"""Text from users, devices and databases, with nothing left in it that acts.

Escape sequences move a terminal's cursor or rewrite what stands above, and marks that turn the
direction of writing make a line read as another, on a page as in a terminal. They are written out,
as ``\x1b`` and ``\u202e``.
"""

from __future__ import annotations

import re

# What neither XML nor HTML may hold: the last two of each plane, and 32 more.
_NO_CHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_ACTS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    f"{_NO_CHARACTERS}]"
    "|\r(?!\n)"
)


def shown(text: str) -> str:
    """Write out every character that is obeyed instead of shown; newlines and tabs stay."""
    return _ACTS.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
