"""The command line. Heavy libraries load in the command that needs them."""

from hil.cli.main import main

__all__ = ["main"]
