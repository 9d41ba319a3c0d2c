"""The command that shows sessions in a browser: ``watch``. May import `hil.web`."""

from __future__ import annotations

from hil.cli.watching.watch import PLACE, register

__all__ = ["PLACE", "register"]
