"""``hil rig check``: every setting of a rig, and what is wrong with its file."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection
from pathlib import Path

from drivers.protocol import Setting
from drivers.types import Value
from hil.errors import RigError
from hil.rig.light import light_path
from hil.rig.limits import darkest
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import load_rig_file
from hil.supervision.lease import is_left_behind, place_of


def check_rig(path: Path) -> int:
    """Connect, print all settings with unit, bounds and value, and warn; nothing of ours moves.

    Returns
    -------
    int
        Exit status: 0, or 1 if a setting that the rig file needs could not be read.

    Raises
    ------
    InputError, RigError
    """
    from rich.table import Table
    from rich.text import Text

    from hil.cli.screen.terminal import SafeConsole

    plan = Plan(load_rig_file(path))
    rig = Rig(plan)
    try:
        named = _named(rig)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("setting", "unit", "allowed here", "present value"):
            table.add_column(column, no_wrap=column == "setting")
        unread, outside, left_out = [], [], {}
        for name, setting in rig.settings.items():
            try:
                value = rig.read(name)[name]
            except RigError as error:
                if name not in named:
                    left_out[name] = f"{name} is left out: it cannot be read: {error}"
                    continue
                unread.append(f"{name} cannot be read: {error}")
                value = "?"
            low, high = rig.safety.bounds(name)
            if not isinstance(value, str) and not low <= value <= high:
                outside.append(f"{name} stands at {value:g}, outside {_end(low)} to {_end(high)}")
            cells = (name, setting.unit, _allowed(rig, setting), _shown(value))
            table.add_row(*(Text(cell) for cell in cells))
        width = None if sys.stdout.isatty() else 160
        SafeConsole(sys.stdout, width=width).print(table)
        for name, version in rig.versions.items():
            print(f"{name} {version}")
        print(_light(rig))
        for warning in (
            *_left_behind(plan),
            *rig.warnings,
            *left_out.values(),
            *warnings(rig, left_out),
            *outside,
        ):
            print(f"warning: {warning}")
        for problem in unread:
            print(f"error: {problem}", file=sys.stderr)
        return 1 if unread else 0
    finally:
        rig.close()


def _left_behind(plan: Plan) -> list[str]:
    """Say that whoever held the rig last was killed, and its guardian with it."""
    if not is_left_behind(plan, place_of(None)):
        return []
    return ["who held this rig last was killed, and nobody has parked it since: hil park"]


def _named(rig: Rig) -> set[str]:
    """Name the settings that the rig file sets, watches or parks; canonical."""
    spec = rig.spec
    names = {*spec.setup, *spec.record, *(lock.setting for lock in spec.interlock)}
    names |= {name for step in rig.safety.park_steps for name in step}
    names |= {name for rule in spec.limits_together for name in rule.settings}
    names |= {name for entry in spec.noise_at for name in entry.when}
    if spec.dose is not None:
        names |= {spec.dose.power, spec.dose.shutter or spec.dose.power}
    return {rig.safety.setting(name).name for name in (*names, *spec.limits)}


def _light(rig: Rig) -> str:
    """Say how light at the sample is reckoned; what is wrong with ``[dose]`` is an InputError."""
    path = light_path(rig.spec, rig.safety, rig.file.path)
    if path is None:
        return "light at the sample: not known, see [dose]"
    table = f"{len(path.values)} points" if path.values else "the setting itself, mW"
    when = "during exposures" if path.triggered else "always"
    return f"light at the sample: by {path.power} ({table}), {when}"


def _shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _allowed(rig: Rig, setting: Setting) -> str:
    if setting.read_only:
        return "read-only"
    if setting.kind == "choice":
        choices = [str(choice) for choice in rig.safety.choices(setting.name)]
        text = ", ".join(choices[:8])
        return text + (f", ... ({len(choices)})" if len(choices) > 8 else "")
    low, high = rig.safety.bounds(setting.name)
    if math.isinf(low) and math.isinf(high):
        return "any " + ("integer" if setting.kind == "int" else "number")
    return f"{_end(low)} to {_end(high)}"


def _end(bound: float) -> str:
    return "any" if math.isinf(bound) else f"{bound:g}"


def _brighter(value: Value | None, least: Value) -> bool:
    """Whether a light is left brighter than at its darkest; words are not compared."""
    if value is None or isinstance(value, str) or isinstance(least, str):
        return False
    return value > least


def warnings(rig: Rig, unread: Collection[str] = ()) -> list[str]:
    """Say what a careful owner of this rig would want to mend.

    Parameters
    ----------
    rig
        An open rig.
    unread
        Settings that cannot be read, of which enough has been said.
    """
    found = []
    parked = {name: value for step in rig.safety.park_steps for name, value in step.items()}
    for name, setting in rig.settings.items():
        if setting.read_only:
            continue
        if setting.role == "light" and rig.spec.park and name not in parked:
            found.append(f"{name} brings light and is in no [[park]] step")
        elif setting.role == "light" and _brighter(parked.get(name), least := darkest(setting)):
            found.append(
                f"{name} brings light, and [[park]] leaves it at {parked[name]:g}, not at {least:g}"
            )
        if setting.role == "position" and name not in unread:
            low, high = rig.safety.bounds(name)
            if math.isinf(low) or math.isinf(high):
                found.append(f'{name} moves and has no bounds: give [limits."{name}"]')
    if not rig.spec.park:
        steps = [f"{n} = {v}" for step in rig.safety.park_steps for n, v in step.items()]
        safe = ", ".join(steps) or "as it is, since nothing is known to bring light"
        found.append(f"no [[park]]: the safe state is taken to be {safe}")
    if not rig.spec.camera:
        found.append("no camera: sessions need one, of this driver or of another [[driver]]")
    if rig.spec.noise is None:
        found.append("no [noise]: sessions need the camera's, from its data sheet or hil calibrate")
    return found
