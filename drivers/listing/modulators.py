"""Modulators, by those classes of slmsuite that list them without opening one."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
from typing import Any

from drivers.listing.listed import Listed
from drivers.slm.suite import INSTALL

# Meadowlark's opens a window on the modulator to list it, Holoeye's and Hamamatsu's list none.
_LISTING = {
    "santec": ("slmsuite.hardware.slms.santec", "Santec"),
    "screen": ("slmsuite.hardware.slms.screenmirrored", "ScreenMirrored"),
}
_UNLISTED = "meadowlark, holoeye and hamamatsu list none without opening it: `hil rig check` does"


def modulators() -> Listed:
    """List what can be named as `slm_number` and `display_number`."""
    if importlib.util.find_spec("slmsuite") is None:
        return Listed(advice=f"slmsuite is not installed: {INSTALL}", known=False)
    names, told, without = [], [], []
    for kind, (module, name) in _LISTING.items():
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                listed = getattr(importlib.import_module(module), name).info(verbose=False)
        except Exception as error:  # its maker's library is not there, or finds no screen
            without.append(f"{kind} ({_said(error)})")
            continue
        for number, *said in listed:
            names.append(f"{kind} {number}")
            told.append(f"{kind} {number} ({', '.join(map(str, said))})")
    if without:
        told.append(f"not asked: {'; '.join(without)}")
    return Listed(tuple(names), tuple(told), _UNLISTED)


def _said(error: Any) -> str:
    return str(error).splitlines()[0][:80] if str(error) else type(error).__name__
