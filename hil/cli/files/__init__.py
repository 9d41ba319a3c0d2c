"""Commands about the two files themselves: ``schema``. May import `hil.spec`."""

from __future__ import annotations

from hil.cli.files.schema import PLACE, register

__all__ = ["PLACE", "register"]
