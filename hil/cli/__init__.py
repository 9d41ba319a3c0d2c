"""The command line: a file for each group of commands, found by listing; all that prints.

Heavy libraries load in the command that needs them. Nobody comes in. May import everything below.
"""

from hil.cli.main import main

__all__ = ["main"]
