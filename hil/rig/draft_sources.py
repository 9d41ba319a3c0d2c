"""Parts of a first rig file for what is not Micro-Manager's: modulators, instruments, EPICS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from drivers.errors import ConfigError
from hil.errors import InputError, nearest
from hil.rig.driver_kinds import driver_kind

_SLM = """
[[driver]]                          # fill in what your modulator is: docs/slm.md
kind = "slm"
modulator = {{ kind = {kind} }}
width_px = 1920
height_px = 1080
bits = 8
wavelength_nm = 633
pupil = {{ radius_px = 400 }}       # and center_px = [column, row]
grating = {{ period_px = 8 }}
modes = ["z4_nm", "z5_nm", "z6_nm", "z7_nm", "z8_nm", "z9_nm", "z10_nm", "z11_nm"]
table = "levels.csv"                # the phase of each level, rad: measured, or its maker's
rest_ms = 50
"""
_EPICS = """
[[driver]]                          # docs/epics.md
kind = "epics"
label = {label}
camera = {{ prefix = {prefix}, label = {camera}, bit_depth = 16 }}  # or as its sheet says
# [[driver.settings]]
# name = "x_um"
# pv = {motor}
# readback = {readback}
# role = "position"
"""
_HEAD = """\
#:schema rig.schema.json
# Written by `hil rig init`. Go through it before the first session: a limit that is too wide can
# cost an objective or a sample. `hil rig check` shows every setting and what is still missing.
spec_version = 1
name = {name}
{camera}
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a first rig file is drafted from, beside a Micro-Manager configuration.

    Parameters
    ----------
    slm
        Kinds of modulators.
    visa
        Instruments' tables.
    epics
        Prefixes of areaDetector cameras.
    """

    slm: Sequence[str] = ()
    visa: Sequence[Path] = ()
    epics: Sequence[str] = ()

    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.slm or self.visa or self.epics)


def draft_head(sources: Sources, output: Path) -> str:
    """Give the beginning of a rig file without a Micro-Manager configuration."""
    camera = '# camera = "..."                   # none yet: name one of a further [[driver]]'
    if sources.epics:
        camera = f"camera = {_quoted(_camera(0, sources))}"
    return _HEAD.format(name=_quoted(output.stem), camera=camera)


def draft_drivers(sources: Sources, output: Path) -> Iterator[str]:
    """Give a ``[[driver]]`` for each source; nothing is connected.

    Raises
    ------
    InputError
        A source is none: its option, what is wrong, and what is allowed.
    """
    from drivers.slm.modulator import BUILT_IN

    for kind in sources.slm:
        if kind not in BUILT_IN:
            raise InputError("--slm", "", f"{kind!r}, {nearest(kind, list(BUILT_IN))}")
        yield _SLM.format(kind=_quoted(kind))
    for table in sources.visa:
        yield _instrument(table, output)
    for i, prefix in enumerate(sources.epics):
        if not prefix.strip() or any(letter.isspace() for letter in prefix):
            raise InputError("--epics", "", f"{prefix!r}, allowed: a prefix, 13SIM1: say")
        number = "" if len(sources.epics) == 1 else str(i + 1)
        yield _EPICS.format(
            label=_quoted(f"epics{number}"),
            prefix=_quoted(prefix),
            camera=_quoted(_camera(i, sources)),
            motor=_quoted(f"{prefix}m1"),
            readback=_quoted(f"{prefix}m1.RBV"),
        )


def _camera(i: int, sources: Sources) -> str:
    return "camera" if len(sources.epics) == 1 else f"camera{i + 1}"


def _instrument(table: Path, output: Path) -> str:
    """Check an instrument's table, and name it relative to the rig file where that is possible."""
    if not table.is_file():
        raise InputError(table, "", "no such file")
    folder = output.absolute().parent
    try:
        name = Path(os.path.relpath(table.absolute(), folder)).as_posix()
    except ValueError:  # another drive
        name = table.absolute().as_posix()
    said = {"table": str(table.absolute()), "resource": "ASRL1::INSTR"}
    try:
        checked = driver_kind("visa").options(said, folder).table
    except ConfigError as error:
        problem = error.problem.removeprefix(f"{said['table']!r}").lstrip(", :")
        raise InputError(table, "", problem) from None
    except ValidationError as error:
        raise InputError(table, "", str(error.errors()[0]["msg"])) from None
    return (
        f'\n[[driver]]\nkind = "visa"\ntable = {_quoted(name)}'
        f"                # {checked.label}: its own bounds hold\n"
        'resource = "ASRL1::INSTR"           # where it is: docs/visa.md\n'
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
