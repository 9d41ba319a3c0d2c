"""``python -m drivers.listing MODULE:FUNCTION`` makes one list, and writes it as a line of JSON."""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from dataclasses import asdict

from drivers.listing.listed import Listed


def _made(place: str) -> Listed:
    module, _, function = place.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except Exception as error:  # makers' libraries raise what they like
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Listed(advice=f"the list cannot be made ({said})", known=False)
    assert isinstance(made, Listed)
    return made


def main() -> None:
    """Make the list that is asked for; what libraries print goes nowhere."""
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    warnings.simplefilter("ignore")
    said.write(json.dumps(asdict(_made(sys.argv[1]))) + "\n")
    said.flush()
    os._exit(0)  # some libraries' threads would wait for devices


main()
